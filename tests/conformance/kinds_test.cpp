// The suite on variants that are not exact: right ones of each kind, and ones that break a promise.
#include "kinds.h"

#include <atomic>
#include <map>

#include "inexact_findings.h"
#include "measure/defined_variants.h"

using namespace attnbench;
using attnbench::test::Best;
using attnbench::test::BestDefined;
using attnbench::test::failure_of;
using attnbench::test::finding_of;
using attnbench::test::Gated;
using attnbench::test::GatedPair;
using attnbench::test::has;
using attnbench::test::inexact;
using attnbench::test::kAgrees;
using attnbench::test::kProblems;
using conformance::Finding;
using conformance::Status;

namespace {

std::map<std::string, Finding> findings_of(const Variant& variant) {
  std::map<std::string, Finding> findings;
  for (const Finding& finding : conformance::check_conformance(inexact(variant), kProblems, 7))
    findings[finding.promise] = finding;
  return findings;
}

constexpr const char* kInputs = "declares well-formed inputs that never wrap around";
constexpr const char* kRows = "defines a row the same, whatever other rows are asked for";
constexpr const char* kDecides = "decides the same when asked again";
constexpr const char* kFuture = "sees no later position if causal";

/// GatedPair with inputs of its own choice.
template <class Self>
class Declares : public GatedPair<Self> {
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    GatedPair<Self>::extra_inputs(call, inputs);
    inputs.add(static_cast<const Self&>(*this).second(call));
  }
};

/// Its definition depends on how many rows are asked for.
class Counts : public GatedPair<Counts> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    GatedPair::rows(call, in, rows, out);
    if (rows.count > 1) out[0] = std::nextafter(out[0], Real(9));
  }
};

}  // namespace

TEST_CASE("Right variants of each kind keep every promise that applies to their kind") {
  const Gated defined;
  const Best selective;
  const BestDefined given;
  const std::map<const Variant*, std::vector<std::string>> exempt = {
      {&defined, {"states well-formed keys", kDecides, "sees each key once"}},
      {&selective, {"states well-formed keys", kInputs, kRows}},
      {&given, {"states well-formed keys", kInputs, "sees each key once"}}};
  for (const auto& [variant, exemptions] : exempt)
    for (const auto& [promise, finding] : findings_of(*variant)) {
      INFO(promise << ": " << finding.failure << finding.note);
#ifdef ATTNBENCH_SANITIZED
      if (promise == "takes nothing from the heap") continue;
#endif
      if (finding.note == "it has no backward pass") continue;
      const bool only_exact = promise == "yields zero where no key is seen" ||
                              promise == "ignores keys that no query sees";
      const bool applies = !only_exact && std::find(exemptions.begin(), exemptions.end(),
                                                    promise) == exemptions.end();
      CHECK(finding.status == (applies ? Status::kOk : Status::kDoesNotApply));
      CHECK(finding.problems_tried == (applies ? kProblems : 0));
      CHECK((applies || !finding.note.empty()));
    }
}

TEST_CASE("A variant that writes 7 everywhere does not agree with its definition") {
  class Sevens : public GatedPair<Sevens> {
    void forward(const Call&, const Inputs&, const Tensor<float>& out,
                 const Workspace&) const noexcept override {
      std::fill_n(out.data, out.size(), 7.0f);
    }
  };
  const std::string failure = failure_of(Sevens{}, kAgrees);
  CHECK(has(failure, "inexact, 1 head, head_dim 1, not causal, 1 thread"));
  CHECK(has(failure, "got 7, error "));
}

TEST_CASE("A kernel that is off by 1e-4 in one row is caught") {
  measure::test::LeakySum variant;
  variant.stray = 1e-4;
  CHECK(has(failure_of(variant, kAgrees), "query 0 dim "));
}

TEST_CASE("A definition that is off by 1e-4 is caught") {
  measure::test::LeakySum variant;
  variant.definition_factor = 1 + 1e-4;
  CHECK(has(failure_of(variant, kAgrees), "times its bound"));
}

TEST_CASE("A selector that picks a clearly worse key is caught, though its output fits the pick") {
  measure::test::TopTwo variant;
  variant.picks_worst = true;
  CHECK(has(failure_of(variant, kAgrees), "its decisions are worse than the best ones by "));
}

TEST_CASE("A variant with decisions whose output does not follow them is caught") {
  class Wrong : public BestDefined {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      BestDefined::forward(call, in, out, scratch);
      if (call.threads == 3) out.data[0] += 1;
    }
  };
  CHECK(has(failure_of(Wrong{}, kAgrees), "3 threads"));
  CHECK(has(failure_of(Wrong{}, "agrees across thread counts"), "with 3 threads, batch 0 head 0"));
}

TEST_CASE("A definition that depends on which rows are asked for is caught") {
  CHECK(finding_of(Counts{}, kAgrees).status == Status::kOk);
  CHECK(has(failure_of(Counts{}, kRows), " among other rows"));
}

TEST_CASE("A variant that lets later positions through is caught, be it by v, k, q or its gate") {
  class Leaks : public GatedPair<Leaks> {
   public:
    explicit Leaks(char by) : by_(by) {}

   private:
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      GatedPair::forward(call, in, out, scratch);
      const Tensor<const float>& tensor = by_ == 'q'   ? in.q
                                          : by_ == 'k' ? in.k
                                          : by_ == 'v' ? in.v
                                                       : in.extra[0];
      out.data[0] += 1e-3f * tensor.data[(tensor.len - 1) * tensor.dim];
    }
    char by_;
  };
  for (const char by : {'q', 'k', 'v', 'g'}) {
    INFO(by);
    CHECK(has(failure_of(Leaks(by), kFuture), " if positions behind query 0 change"));
  }
}

TEST_CASE("Only inputs that are not learned, and as long as the sequence, have positions") {
  class Reads : public Declares<Reads> {
   public:
    Reads(bool is_long, bool learned) : is_long_(is_long), learned_(learned) {}
    ExtraInput second(const Call& call) const {
      const int64_t len = is_long_ ? call.problem.kv_len : 3;
      return {"bias", 1, 1, len, 1, Fill::kNormal, 1, 0, learned_};
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      GatedPair::forward(call, in, out, scratch);
      out.data[0] += in.extra[1].data[in.extra[1].len - 1];
    }

   private:
    bool is_long_, learned_;
  };
  CHECK(finding_of(Reads(true, false), kFuture).status == Status::kFailed);
  CHECK(finding_of(Reads(true, true), kFuture).status == Status::kOk);
  CHECK(finding_of(Reads(false, false), kFuture).status == Status::kOk);
}

TEST_CASE("Without a longer problem nobody knows which inputs have positions: not tried") {
  class Short : public GatedPair<Short> {
   public:
    explicit Short(bool learned) : learned_(learned) {}

   private:
    void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
      const Problem& p = call.problem;
      ExtraInput gate{"gate", p.batch, p.kv_heads, p.kv_len, 1, Fill::kSigmoid};
      gate.learned = learned_;
      inputs.add(gate);
    }
    Support supports(const Call& call) const noexcept override {
      const Problem& p = call.problem;
      return {p.q_len == 16 && p.kv_len == 16 ? nullptr : "needs 16 tokens"};
    }
    bool learned_;
  };
  const Finding finding = finding_of(Short(false), kFuture);
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kNotTried);
  CHECK(has(finding.note, "it refuses all longer problems, which would show which of its inputs"));
  CHECK(finding_of(Short(true), kFuture).status == Status::kOk);
}

TEST_CASE("If a variant does no causal problem, the promise about later positions does not apply") {
  const Finding finding = finding_of(measure::test::TopTwo{}, kFuture);
  CHECK(finding.status == Status::kDoesNotApply);
  CHECK(has(finding.note, "problems that it does, causal hides no later position"));
}

TEST_CASE("A variant that writes to an input that it declares is caught, and the input is named") {
  class Wrong : public GatedPair<Wrong> {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      GatedPair::forward(call, in, out, scratch);
      const_cast<float&>(in.extra[0].data[0]) = 0;
    }
  };
  CHECK(has(failure_of(Wrong{}, "leaves its inputs alone"), "its input 'gate' is changed"));
}

TEST_CASE("A variant that reads past an input that it declares is caught, and the input is named") {
  class Wrong : public GatedPair<Wrong> {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      GatedPair::forward(call, in, out, scratch);
      [[maybe_unused]] const volatile float unused = in.extra[0].data[in.extra[0].size()];
    }
  };
  CHECK(has(failure_of(Wrong{}, "stays inside its memory"),
            "its input 'gate' of 4 bytes is touched"));
}

TEST_CASE("Malformed declared inputs are caught, and nothing else is tried") {
  class Wrong : public Declares<Wrong> {
   public:
    ExtraInput second(const Call&) const { return {"Two Words", 1, 1, 1, 1}; }
  };
  CHECK(has(failure_of(Wrong{}, kInputs), "declares an input whose name is not snake_case"));
  CHECK(conformance::check_conformance(inexact(Wrong{}), kProblems, 7).size() == 2);
}

TEST_CASE("Declared inputs whose size wraps around for a large problem are caught") {
  class Square : public Declares<Square> {
   public:
    ExtraInput second(const Call& call) const {
      const auto n = static_cast<uint64_t>(call.problem.kv_len);
      return {"bias", 1, 1, static_cast<int64_t>(n * n), 1};
    }
  };
  CHECK(has(failure_of(Square{}, kInputs), " as the problem grows to inexact"));
  class Narrow : public Declares<Narrow> {
   public:
    ExtraInput second(const Call& call) const {
      return {"bias", 1, 1, static_cast<uint32_t>(call.problem.kv_len * 64) / 64 + int64_t{1},
              1024};
    }
  };
  CHECK(has(failure_of(Narrow{}, kInputs), "the size of extra_inputs in bytes falls from "));
}

TEST_CASE("Declared inputs and costs that change from question to question are caught") {
  class Inputs : public Declares<Inputs> {
   public:
    ExtraInput second(const Call&) const { return {"bias", 1, 1, 1 + asked_++ % 7, 1}; }

   private:
    mutable std::atomic<int> asked_ = 0;
  };
  class Seeds : public Declares<Seeds> {
   public:
    ExtraInput second(const Call&) const {
      ExtraInput input{"bias", 1, 1, 1, 1};
      input.seed = asked_++;
      return input;
    }

   private:
    mutable std::atomic<int> asked_ = 0;
  };
  class Costs : public GatedPair<Costs> {
    Cost cost(const Call&) const noexcept override { return {Count(1 + asked_++), Count(1)}; }
    mutable std::atomic<int> asked_ = 0;
  };
  constexpr const char* kSame = "answers the same when asked again";
  CHECK(has(failure_of(Inputs{}, kSame), "extra_inputs changes"));
  CHECK(has(failure_of(Seeds{}, kSame), "extra_inputs changes"));
  CHECK(has(failure_of(Costs{}, kSame), "cost's flops is "));
}

TEST_CASE("Decisions that change from question to question, or are not written, are caught") {
  class Fickle : public Best {
    void decide(const Call& call, const Inputs& in, int64_t b, int64_t h, int32_t* decisions,
                const Workspace& scratch) const noexcept override {
      Best::decide(call, in, b, h, decisions, scratch);
      decisions[0] += asked_++ % 2;
    }
    mutable std::atomic<int> asked_ = 0;
  };
  class Forgetful : public Best {
    Count decision_count(const Call& call) const noexcept override {
      return count(call.problem.q_len + 1);
    }
  };
  CHECK(has(failure_of(Fickle{}, kDecides), "batch 0 head 0: decision 0 is "));
  CHECK(has(failure_of(Forgetful{}, kDecides), "decision 1 is 0 at first, then 2122219134"));
}

TEST_CASE("Decisions that are written beyond their memory are caught") {
  class Wrong : public Best {
    Count decision_count(const Call& call) const noexcept override {
      return count(call.problem.q_len - 1);
    }
  };
  CHECK(has(failure_of(Wrong{}, "stays inside its memory"),
            "the memory for its decisions, of 0 bytes, is touched 0 bytes past its end"));
}
