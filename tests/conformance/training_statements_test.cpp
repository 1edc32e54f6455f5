// What a variant says about training, and gradients of its own definition: what is wrong is caught.
#include <atomic>
#include <set>
#include <stdexcept>

#include "conformance/attempts.h"
#include "conformance/training_attempts.h"
#include "inexact_findings.h"
#include "plain_trained.h"

using namespace attnbench;
using attnbench::test::entry_of;
using attnbench::test::failure_of;
using attnbench::test::finding_of;
using attnbench::test::has;
using attnbench::test::inexact;
using attnbench::test::kProblems;
using attnbench::test::PlainTrained;
using attnbench::test::ScaledValues;
using conformance::Finding;
using conformance::Status;

namespace {

constexpr const char* kGradients = "agrees with the gradients of its definition";
constexpr const char* kDifferences = "agrees with differences of its definition";
constexpr const char* kMemory = "declares memory for training that never wraps around";
constexpr const char* kTheory = "states a well-formed theory of training";
constexpr const char* kCost = "states a cost of backward above 0 that never wraps around";
constexpr const char* kSame = "answers the same about training when asked again";

class Right : public ScaledValues<Right> {};

/// The kernel makes the same mistake as the definition: it takes q^2 for the derivative of q^2/2.
class WronglyDefined : public ScaledValues<WronglyDefined> {
 public:
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    ScaledValues::gradients(call, in, d_out, to);
    for (int64_t i = 0; i < d_out.size(); ++i) to.q[i] *= Real(in.q.data[i]);
  }
  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace& scratch) const noexcept override {
    ScaledValues::backward(call, in, out, saved, d_out, g, scratch);
    for (int64_t i = 0; i < d_out.size(); ++i) g.q.data[i] *= in.q.data[i];
  }
};

/// Its gradient of w is infinite in float32 on the way.
class Overflows : public ScaledValues<Overflows> {
 public:
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    ScaledValues::gradients(call, in, d_out, to);
    for (int64_t d = 0; d < d_out.dim; ++d)
      to.extra[0][d] = to.extra[0][d] * Real(1e30) * Real(1e30) / Real(1e30) / Real(1e30);
  }
};

/// Beside that, its d_q has the wrong sign.
class OverflowsAndFlips : public Overflows {
  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace& scratch) const noexcept override {
    Overflows::backward(call, in, out, saved, d_out, g, scratch);
    for (int64_t i = 0; i < g.q.size(); ++i) g.q.data[i] *= -1;
  }
};

/// In place of q^2 / 2, a function with so many kinks that a quarter of all steps lead across one.
class Kinked : public ScaledValues<Kinked> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    Real* const first = out;
    ScaledValues::rows(call, in, rows, out);
    const int64_t dim = call.problem.head_dim;
    for (int64_t r = 0; r < rows.count; ++r)
      for (int64_t d = 0; d < dim; ++d) {
        const auto q = Real(in.q.data[rows.numbers[r] * dim + d]);
        first[r * dim + d] += bent(q) - q * q / 2;
      }
  }
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    ScaledValues::gradients(call, in, d_out, to);
    for (int64_t i = 0; i < d_out.size(); ++i)
      to.q[i] = slope(Real(in.q.data[i])) * Real(d_out.data[i]);
  }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    std::vector<int64_t> all(static_cast<size_t>(out.size() / out.dim));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
    rows(call, in, Rows{all.data(), std::ssize(all)}, out.data);
  }
  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace& scratch) const noexcept override {
    ScaledValues::backward(call, in, out, saved, d_out, g, scratch);
    for (int64_t i = 0; i < d_out.size(); ++i) g.q.data[i] = slope(in.q.data[i]) * d_out.data[i];
  }

 private:
  /// At each multiple of 1/64, the slope changes from 1 to 0 or back.
  template <class Real>
  static Real bent(Real q) {
    const Real step = std::floor(q * 64);
    const Real on = std::fmod(std::abs(step), Real(2)) == 0 ? q * 64 - step : Real(1);
    return (std::floor(step / 2) + on) / 64;
  }
  template <class Real>
  static Real slope(Real q) {
    return std::fmod(std::abs(std::floor(q * 64)), Real(2)) == 0 ? Real(1) : Real(0);
  }
};

}  // namespace

TEST_CASE("A right variant with gradients of its own keeps every promise of training") {
  for (const conformance::Promise& promise : conformance::promises()) {
    if (!promise.trains) continue;
    const Finding finding = finding_of(Right{}, promise.name);
    INFO(finding.promise << ": " << finding.failure << finding.note);
#ifdef ATTNBENCH_SANITIZED
    if (finding.promise == "takes nothing from the heap in training") continue;
#endif
    const bool applies = (promise.kinds & conformance::kDefined) != 0;
    CHECK(finding.status == (applies ? Status::kOk : Status::kDoesNotApply));
    CHECK(finding.problems_tried == (applies ? kProblems : 0));
  }
}

TEST_CASE("A backward pass that is off by 1e-3 in the gradient of a learned input is caught") {
  class Wrong : public ScaledValues<Wrong> {
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      ScaledValues::backward(call, in, out, saved, d_out, g, scratch);
      g.extra[0].data[0] *= 1.001f;
    }
  };
  CHECK(has(failure_of(Wrong{}, kGradients), "d_w: batch 0 head 0 row 0 dim 0: expected "));
}

TEST_CASE("A backward pass that forgets the gradient of a learned input is caught") {
  class Wrong : public ScaledValues<Wrong> {
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      const std::vector<float> before(g.extra[0].data, g.extra[0].data + g.extra[0].size());
      ScaledValues::backward(call, in, out, saved, d_out, g, scratch);
      std::copy(before.begin(), before.end(), g.extra[0].data);
    }
  };
  CHECK(has(failure_of(Wrong{}, "writes every gradient and adds to none"),
            "d_w: batch 0 head 0 row 0 dim 0 was never written"));
}

TEST_CASE("A definition of gradients that is not the slope of the output is caught") {
  CHECK(finding_of(WronglyDefined{}, kGradients).status == Status::kOk);
  const std::string failure = failure_of(WronglyDefined{}, kDifferences);
  INFO(failure);
  CHECK(has(failure, "d_q: batch 0 head 0 query 0 dim 0: the gradient is "));
  CHECK(has(failure, "but differences of outputs say "));
  CHECK(finding_of(entry_of(PlainTrained{}), kDifferences).note ==
        "the gradients of an exact variant follow from its keys");
}

TEST_CASE("Gradients whose definition float32 can't evaluate are not judged") {
  const Finding finding = finding_of(Overflows{}, kGradients, test::kHopeless);
  CHECK(finding.status == Status::kNotTried);
  CHECK(has(finding.note, "float32 can't evaluate its definition"));
}

TEST_CASE("A wrong gradient is caught beside another that float32 can't evaluate") {
  const std::string failure = failure_of(OverflowsAndFlips{}, kGradients);
  INFO(failure);
  CHECK(has(failure, "d_q: batch 0 head 0 query "));
  CHECK(has(failure, "times its bound"));
}

TEST_CASE("Gradients are compared with differences on tiny problems of several dimensions") {
  std::set<int64_t> head_dims;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    conformance::Trial trial;
    trial.seed = seed;
    conformance::make_tiny(trial);
    head_dims.insert(trial.problem.head_dim);
  }
  CHECK(head_dims == std::set<int64_t>{2, 3, 4});
}

TEST_CASE("A kink of the definition close to an input is no failure") {
  const Finding finding = finding_of(Kinked{}, kDifferences);
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kOk);
}

TEST_CASE("A gradient that nobody knows leaves promises untried, which is not ok") {
  /// Exact, and has a learned input all the same.
  class Learns : public PlainTrained {
   public:
    explicit Learns(float sign) : sign_(sign) {}

   private:
    void extra_inputs(const Call&, ExtraInputs& inputs) const noexcept override {
      inputs.add({"w", 1, 1, 1, 1, Fill::kNormal, 1, 0, true});
    }
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      PlainTrained::backward(call, in, out, saved, d_out, g, scratch);
      for (int64_t i = 0; i < g.q.size(); ++i) g.q.data[i] *= sign_;
      g.extra[0].data[0] = 5;
    }
    float sign_;
  };
  const Finding finding = finding_of(entry_of(Learns(1)), kGradients, test::kHopeless);
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kNotTried);
  CHECK_FALSE(is_fine(finding.status));
  CHECK(has(finding.note, "no problem could be judged: nobody knows what d_w should be ("));

  const Finding wrong = finding_of(entry_of(Learns(-1)), kGradients);
  CHECK(wrong.status == Status::kFailed);
  CHECK(has(wrong.failure, "d_q: batch 0 head 0 query "));
}

TEST_CASE("A gradient in which pairs can't be counted leaves that promise untried, and says so") {
  const PlainTrained variant;
  conformance::Trial trial;
  trial.problem = {1, 2, 1, 9, 9, 1, true};
  const conformance::Attempt attempt = conformance::sums_each_pair_once(entry_of(variant), trial);
  CHECK(attempt.failure.empty());
  CHECK(attempt.untried == "pairs can't be counted in d_q");
}

TEST_CASE("A broken promise always says how, so that it never counts as held") {
  CHECK_THROWS_AS(conformance::broken(""), std::logic_error);
  CHECK(conformance::broken("so").failure == "so");
  CHECK(conformance::broken_if("so").failure == "so");
  CHECK(conformance::broken_if("").failure.empty());
}

TEST_CASE("What a variant saves, or needs as scratch, is caught if it wraps around or changes") {
  class Saves : public PlainTrained {
   public:
    using Bytes = Count (*)(const Problem&);
    explicit Saves(Bytes saved, Bytes scratch) : saved_(saved), scratch_(scratch) {}

   private:
    Count saved_bytes(const Call& call) const noexcept override { return saved_(call.problem); }
    Count training_workspace_bytes(const Call& call) const noexcept override {
      return scratch_(call.problem);
    }
    Bytes saved_, scratch_;
  };
  const Saves::Bytes right = [](const Problem& p) {
    return count(p.batch, p.heads, p.q_len, p.kv_len, sizeof(float));
  };
  const Saves::Bytes wrong = [](const Problem& p) {
    return count(p.batch, static_cast<uint32_t>(p.q_len) * uint32_t{4});
  };
  const auto failure = [](const Saves& variant) {
    const Finding finding = finding_of(entry_of(variant), kMemory);
    CHECK(finding.status == Status::kFailed);
    return finding.failure;
  };
  CHECK(has(failure(Saves(wrong, right)), ": saved_bytes falls from "));
  CHECK(has(failure(Saves(right, wrong)), ": training_workspace_bytes falls from "));
  CHECK(finding_of(entry_of(Saves(right, right)), kMemory).status == Status::kOk);

  class Changes : public PlainTrained {
    Count saved_bytes(const Call& call) const noexcept override {
      return PlainTrained::saved_bytes(call) + Count(++calls_);
    }
    mutable std::atomic<int> calls_ = 0;
  };
  const Finding changing = finding_of(entry_of(Changes{}), kSame);
  CHECK(changing.status == Status::kFailed);
  CHECK(has(changing.failure, ": saved_bytes is "));
}

TEST_CASE("A theory of training that is no sum with a leading term is caught") {
  class Wrong : public PlainTrained {
    Theory training_theory(const Call&) const noexcept override {
      return {.time = {2}, .memory = {{1}, {2}}};
    }
  };
  const Finding finding = finding_of(entry_of(Wrong{}), kTheory);
  CHECK(finding.status == Status::kFailed);
  CHECK(has(finding.failure, "in training_theory, the growth of memory "));
}

TEST_CASE("A cost of backward that is 0 or wraps around is caught") {
  class None : public ScaledValues<None> {
    Cost backward_cost(const Call& call) const noexcept override {
      return {{}, cost(call).traffic_bytes};
    }
  };
  class Wraps : public ScaledValues<Wraps> {
    Cost backward_cost(const Call& call) const noexcept override {
      const auto n = static_cast<uint64_t>(call.problem.q_len);
      return {Count(n * n * n % (uint64_t{1} << 62) + 1), cost(call).traffic_bytes};
    }
  };
  CHECK(has(failure_of(None{}, kCost), "backward_cost's flops is 0"));
  CHECK(has(failure_of(Wraps{}, kCost), "backward_cost's flops falls from "));
}

TEST_CASE("Problems that a variant does not train on are tried by no promise of training") {
  class Choosy : public PlainTrained {
   public:
    mutable std::atomic<bool> asked_for_others = false;

   private:
    Support supports_training(const Call& call) const noexcept override {
      return {call.problem.softcap == 0 ? nullptr : "it has no gradient of softcap"};
    }
    Count saved_bytes(const Call& call) const noexcept override {
      if (call.problem.softcap != 0) asked_for_others = true;
      return PlainTrained::saved_bytes(call);
    }
  };
  const Choosy choosy;
  for (const conformance::Promise& promise : conformance::promises()) {
    if (!promise.trains) continue;
    const Finding finding = finding_of(entry_of(choosy), promise.name);
    INFO(finding.promise << ": " << finding.failure << finding.note);
#ifdef ATTNBENCH_SANITIZED
    if (finding.promise == "takes nothing from the heap in training") continue;
#endif
    CHECK(is_fine(finding.status));
  }
  CHECK_FALSE(choosy.asked_for_others);

  class Never : public PlainTrained {
    Support supports_training(const Call&) const noexcept override { return {"not on Sundays"}; }
  };
  const Finding finding = finding_of(entry_of(Never{}), kGradients);
  CHECK(finding.status == Status::kNotTried);
  CHECK(finding.note == "no problem could be tried: not on Sundays");
}
