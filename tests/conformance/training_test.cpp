// Exact variants that are wrong on purpose in training, each caught by the promise that it breaks.
#include <atomic>
#include <cstdlib>

#include "plain_trained.h"

using namespace attnbench;
using attnbench::test::entry_of;
using attnbench::test::finding_of;
using attnbench::test::has;
using attnbench::test::kProblems;
using attnbench::test::Plain;
using attnbench::test::PlainTrained;
using conformance::Finding;
using conformance::Status;

namespace {

constexpr const char* kAgrees = "agrees with the gradients of its definition";
constexpr const char* kWrites = "writes every gradient and adds to none";
constexpr const char* kInside = "stays inside its memory in training";
constexpr const char* kOldMemory = "ignores what memory for training held";
constexpr const char* kLeaves = "leaves alone what backward reads";
constexpr const char* kKeeps = "keeps keys that no query sees out of gradients";
constexpr const char* kNoHeap = "takes nothing from the heap in training";

std::string failure_of(const Variant& variant, const std::string& promise) {
  const Finding finding = finding_of(entry_of(variant), promise);
  INFO(promise << ": " << finding.failure << finding.note);
  CHECK(finding.status == Status::kFailed);
  return finding.failure;
}

/// A right variant whose gradients, or what it is given beside them, `spoil` then changes.
class Spoilt : public PlainTrained {
 public:
  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace& scratch) const noexcept override {
    PlainTrained::backward(call, in, out, saved, d_out, g, scratch);
    spoil(call, in, {out, saved, d_out, g, scratch});
  }

 protected:
  struct Given {
    const Tensor<const float>& out;
    const Saved& saved;
    const Tensor<const float>& d_out;
    const Gradients& g;
    const Workspace& scratch;
  };

 private:
  virtual void spoil(const Call&, const Inputs&, const Given&) const noexcept = 0;
};

/// A right variant in which `spoil` follows forward_saving.
class SpoiltSaving : public PlainTrained {
  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    PlainTrained::forward_saving(call, in, out, saved, scratch);
    spoil(call, in, out, saved);
  }
  virtual void spoil(const Call&, const Inputs&, const Tensor<float>& out,
                     const Workspace& saved) const noexcept = 0;
};

}  // namespace

TEST_CASE("A right variant keeps every promise of training, and one without backward has none") {
  int of_training = 0;
  for (const conformance::Promise& promise : conformance::promises()) {
    if (!promise.trains) continue;
    INFO(promise.name);
    CHECK(conformance::exemption(promise, entry_of(Plain{})) == "it has no backward pass");
    const Finding finding = finding_of(entry_of(PlainTrained{}), promise.name);
    INFO(finding.failure << finding.note);
#ifdef ATTNBENCH_SANITIZED
    if (finding.promise == kNoHeap) continue;
#endif
    const bool applies = (promise.kinds & conformance::kExact) != 0 && finding.promise != kKeeps;
    CHECK(finding.status == (applies ? Status::kOk : Status::kDoesNotApply));
    CHECK(finding.problems_tried == (applies ? kProblems : 0));
    ++of_training;
  }
  CHECK(of_training >= 16);
}

TEST_CASE("A variant that forgets d_v is caught, as it never writes it") {
  class Wrong : public PlainTrained {
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      const std::vector<float> before(g.v.data, g.v.data + g.v.size());
      PlainTrained::backward(call, in, out, saved, d_out, g, scratch);
      std::copy(before.begin(), before.end(), g.v.data);
    }
  };
  CHECK(has(failure_of(Wrong{}, kWrites), "d_v: batch 0 head 0 key 0 dim 0 was never written"));
  CHECK(has(failure_of(Wrong{}, kAgrees), "d_v: batch 0 head 0 key 0 dim 0 was never written"));
}

TEST_CASE("A variant that adds to gradients instead of overwriting them is caught") {
  class Wrong : public PlainTrained {
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace&) const noexcept override {
      for (const Tensor<float>& t : {g.q, g.v}) std::fill_n(t.data, t.size(), 0.0f);
      add_gradients(call.problem, in, out, reinterpret_cast<const float*>(saved.data), d_out, g);
    }
  };
  const std::string failure = failure_of(Wrong{}, kWrites);
  INFO(failure);
  CHECK(has(failure, "d_k: batch 0 head 0 key 0 dim 0: "));
  CHECK(has(failure, " over zeros, "));
  CHECK(has(failure, " over 0.747"));
}

TEST_CASE("A variant whose gradients differ in their last bit with two threads is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Given& given) const noexcept override {
      float& last = given.g.k.data[given.g.k.size() - 1];
      if (call.threads == 2) last = std::nextafter(last, 9.0f);
    }
  };
  const std::string failure =
      failure_of(Wrong{}, "gives the same gradients with every number of threads");
  INFO(failure);
  CHECK(has(failure, "d_k: batch 0 head 0 key 0 dim 0: "));
  CHECK(has(failure, " with 1 thread, "));
  CHECK(has(failure, " with 2 threads"));
  CHECK(finding_of(entry_of(Wrong{}), kAgrees).status == Status::kOk);
}

TEST_CASE("A gradient with the wrong sign is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs&, const Given& given) const noexcept override {
      for (int64_t i = 0; i < given.g.q.size(); ++i) given.g.q.data[i] *= -1;
    }
  };
  const std::string failure = failure_of(Wrong{}, kAgrees);
  INFO(failure);
  CHECK(has(failure, "d_q: batch 0 head 0 query "));
  CHECK(has(failure, "times its bound"));
}

TEST_CASE("A variant that does not sum d_k over the query heads of a group is caught") {
  class Wrong : public PlainTrained {
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      PlainTrained::backward(call, in, out, saved, d_out, g, scratch);
      const Problem& p = call.problem;
      const int64_t group = p.heads / p.kv_heads;
      if (group == 1) return;
      std::vector<float> alone(d_out.data, d_out.data + d_out.size()), unused(alone), d_k;
      for (int64_t head = 0; head < p.batch * p.heads; ++head)
        if (head % group > 0)
          std::fill_n(alone.data() + head * p.q_len * p.head_dim, p.q_len * p.head_dim, 0.0f);
      const std::vector<float> d_v(g.v.data, g.v.data + g.v.size());
      const Gradients without{{unused.data(), p.batch, p.heads, p.q_len, p.head_dim}, g.k, g.v};
      PlainTrained::backward(call, in, out, saved,
                             {alone.data(), p.batch, p.heads, p.q_len, p.head_dim}, without,
                             scratch);
      std::copy(d_v.begin(), d_v.end(), g.v.data);
    }
  };
  const std::string failure = failure_of(Wrong{}, kAgrees);
  INFO(failure);
  CHECK(has(failure, "heads over 1 kv_head, "));
  CHECK(has(failure, "d_k: batch 0 head 0 key "));
}

TEST_CASE("A variant that sums the last pair of each head twice is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Given& given) const noexcept override {
      const Problem& p = call.problem;
      const auto weight = 1 / static_cast<float>(keys_seen(p, p.q_len - 1));
      const int64_t last = given.g.v.size() - p.head_dim;
      for (int64_t d = 0; d < p.head_dim; ++d)
        given.g.v.data[last + d] += weight * given.d_out.data[given.d_out.size() - p.head_dim + d];
    }
  };
  const std::string failure =
      failure_of(Wrong{}, "sums each pair of query and key once in training");
  INFO(failure);
  CHECK(has(failure, ": d_v: batch 0 head 0 key "));
}

TEST_CASE("Gradients that large logits turn into NaN are caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs& in, const Given& given) const noexcept override {
      const bool large = std::any_of(in.q.data, in.q.data + in.q.size(),
                                     [](float x) { return std::abs(x) > 100; });
      if (large) given.g.q.data[0] = std::exp(1000.0f) - std::exp(1000.0f);
    }
  };
  const std::string failure = failure_of(Wrong{}, "withstands extreme inputs in training");
  CHECK(has(failure, "large-logit inputs"));
  CHECK(has(failure, "d_q: batch 0 head 0 query 0 dim 0 is NaN"));
  CHECK(finding_of(entry_of(Wrong{}), kAgrees).status == Status::kOk);
}

TEST_CASE("A forward_saving whose output is wrong is caught") {
  class Wrong : public SpoiltSaving {
    void spoil(const Call&, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      out.data[out.size() - 1] += 0.25f;
    }
  };
  CHECK(has(failure_of(Wrong{}, "agrees with its definition while it saves"), "times its bound"));
  CHECK(finding_of(entry_of(Wrong{}), "agrees with its definition").status == Status::kOk);
}

TEST_CASE("A variant that writes past what it saves in, or past a gradient, is caught") {
  class PastSaved : public SpoiltSaving {
    void spoil(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace& saved) const noexcept override {
      saved.data[saved.bytes] = std::byte{1};
    }
  };
  class PastGradient : public Spoilt {
    void spoil(const Call&, const Inputs&, const Given& given) const noexcept override {
      given.g.v.data[given.g.v.size()] = 1;
    }
  };
  class PastScratch : public Spoilt {
    void spoil(const Call&, const Inputs&, const Given& given) const noexcept override {
      given.scratch.data[given.scratch.bytes] = std::byte{1};
    }
  };
  CHECK(has(failure_of(PastSaved{}, kInside),
            "in forward_saving, the memory to save in of 4 bytes is touched 0 bytes past its end"));
  CHECK(has(failure_of(PastGradient{}, kInside),
            "in backward, d_v of 4 bytes is touched 0 bytes past its end"));
  CHECK(has(failure_of(PastScratch{}, kInside), "in backward, its training workspace of 4 bytes"));
}

TEST_CASE("A variant that changes what backward only reads is caught, with what it changes") {
  using Change = void (*)(const Inputs&, const Tensor<const float>& out, const Saved&,
                          const Tensor<const float>& d_out);
  class Wrong : public Spoilt {
   public:
    explicit Wrong(Change change) : change_(change) {}

   private:
    void spoil(const Call&, const Inputs& in, const Given& given) const noexcept override {
      change_(in, given.out, given.saved, given.d_out);
    }
    Change change_;
  };
  const std::pair<const char*, Change> wrong[] = {
      {"backward changes what was saved",
       [](const Inputs&, const Tensor<const float>&, const Saved& saved,
          const Tensor<const float>&) { const_cast<std::byte&>(saved.data[0]) ^= std::byte{1}; }},
      {"backward changes out",
       [](const Inputs&, const Tensor<const float>& out, const Saved&, const Tensor<const float>&) {
         const_cast<float&>(out.data[0]) = 5;
       }},
      {"backward changes d_out",
       [](const Inputs&, const Tensor<const float>&, const Saved&,
          const Tensor<const float>& d_out) { const_cast<float&>(d_out.data[0]) = 5; }},
      {"backward changes k",
       [](const Inputs& in, const Tensor<const float>&, const Saved&, const Tensor<const float>&) {
         const_cast<float&>(in.k.data[0]) = 5;
       }}};
  for (const auto& [change, how] : wrong) CHECK(has(failure_of(Wrong(how), kLeaves), change));

  class Saving : public SpoiltSaving {
    void spoil(const Call&, const Inputs& in, const Tensor<float>&,
               const Workspace&) const noexcept override {
      const_cast<float&>(in.v.data[0]) = 5;
    }
  };
  CHECK(has(failure_of(Saving{}, kLeaves), "forward_saving changes v"));
}

TEST_CASE("A variant that relies on zeros in scratch, or in what it saves, is caught") {
  class Scratch : public Spoilt {
    Count training_workspace_bytes(const Call& call) const noexcept override {
      return PlainTrained::training_workspace_bytes(call) + Count(sizeof(float));
    }
    void spoil(const Call& call, const Inputs&, const Given& given) const noexcept override {
      given.g.q.data[0] += reinterpret_cast<float*>(given.scratch.data)[call.problem.kv_len];
    }
  };
  class Unsaved : public Spoilt {
    Count saved_bytes(const Call& call) const noexcept override {
      return PlainTrained::saved_bytes(call) + Count(sizeof(float));
    }
    void spoil(const Call&, const Inputs&, const Given& given) const noexcept override {
      const size_t last = given.saved.bytes / sizeof(float) - 1;
      given.g.q.data[0] += reinterpret_cast<const float*>(given.saved.data)[last];
    }
  };
  CHECK(has(failure_of(Scratch{}, kOldMemory), "d_q: batch 0 head 0 query 0 dim 0: "));
  CHECK(has(failure_of(Unsaved{}, kOldMemory), " over NaNs"));
  CHECK(finding_of(entry_of(Unsaved{}), kWrites).status == Status::kOk);
}

TEST_CASE("A backward pass, or a forward_saving, that allocates is caught") {
  class Backward : public Spoilt {
    void spoil(const Call&, const Inputs&, const Given&) const noexcept override {
      void* volatile block = std::malloc(100);
      std::free(block);
    }
  };
  class Saving : public SpoiltSaving {
    void spoil(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {
      void* volatile block = std::malloc(100);
      std::free(block);
    }
  };
#ifdef ATTNBENCH_SANITIZED
  CHECK(finding_of(entry_of(Backward{}), kNoHeap).status == Status::kNotTried);
#else
  CHECK(has(failure_of(Backward{}, kNoHeap), ": backward allocates "));
  CHECK(has(failure_of(Saving{}, kNoHeap), ": forward_saving allocates "));
#endif
}

TEST_CASE("Gradients that change from step to step are caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs&, const Given& given) const noexcept override {
      float& first = given.g.v.data[0];
      if (++calls_ % 2 == 0) first = std::nextafter(first, 9.0f);
    }
    mutable std::atomic<int> calls_ = 0;
  };
  CHECK(has(failure_of(Wrong{}, "gives the same gradients when run twice"), "the second time"));
}

TEST_CASE("A query that sees nothing and has a gradient is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Given& given) const noexcept override {
      if (keys_seen(call.problem, 0) == 0) given.g.q.data[0] = 1e-30f;
    }
  };
  CHECK(has(failure_of(Wrong{}, "has gradients of zero where no key is seen"),
            "d_q: batch 0 head 0 query 0 dim 0: expected 0"));
}

TEST_CASE("A variant that lets a key that no query sees reach a gradient is caught") {
  /// Sees the second half of the keys only, so that the first half is not seen.
  class Wrong : public PlainTrained {
   public:
    explicit Wrong(bool writes_unseen) : writes_unseen_(writes_unseen) {}

   private:
    static int64_t unseen(const Call& call) { return call.problem.kv_len / 2; }
    void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
      const int64_t end = keys_seen(call.problem, query);
      if (end > unseen(call)) keys.add({unseen(call), end, 1});
    }
    /// A problem of one batch and one head, with the second half of the keys.
    Support supports(const Call& call) const noexcept override {
      const Problem& p = call.problem;
      return {p.batch * p.heads > 1 ? "one head only" : nullptr};
    }
    static Inputs half(const Call& call, const Inputs& in) {
      Inputs seen = in;
      for (Tensor<const float>* x : {&seen.k, &seen.v}) {
        x->data += unseen(call) * x->dim;
        x->len -= unseen(call);
      }
      return seen;
    }
    static Call half(Call call) {
      call.problem.kv_len -= unseen(call);
      return call;
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      Plain::forward(half(call), half(call, in), out, scratch);
    }
    void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                        const Workspace& saved, const Workspace& scratch) const noexcept override {
      PlainTrained::forward_saving(half(call), half(call, in), out, saved, scratch);
    }
    void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                  const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                  const Workspace& scratch) const noexcept override {
      Gradients seen = g;
      for (Tensor<float>* x : {&seen.k, &seen.v}) {
        std::fill_n(x->data, unseen(call) * x->dim, 0.0f);
        x->data += unseen(call) * x->dim;
        x->len -= unseen(call);
      }
      PlainTrained::backward(half(call), half(call, in), out, saved, d_out, seen, scratch);
      if (unseen(call) == 0) return;
      if (writes_unseen_)
        g.k.data[0] = 1e-30f;
      else
        g.q.data[0] += 0 * in.v.data[0];  // A mask that multiplies by 0.
    }
    bool writes_unseen_;
  };
  CHECK(has(failure_of(Wrong(true), kKeeps), "d_k: batch 0 head 0 key 0 dim 0: expected 0"));
  const std::string failure = failure_of(Wrong(false), kKeeps);
  INFO(failure);
  CHECK(has(failure, "in the keys that no query sees, from key 0 on, d_q: batch 0 head 0 query 0"));
  CHECK(has(failure, "is NaN"));
  CHECK(finding_of(entry_of(Wrong(false)), kAgrees).status == Status::kOk);
}
