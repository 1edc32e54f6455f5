// Variants that are wrong on purpose, each caught by the promise that it breaks.
#include <atomic>
#include <cstdlib>

#include "plain_variant.h"

using namespace attnbench;
using attnbench::test::entry_of;
using attnbench::test::finding_of;
using attnbench::test::has;
using attnbench::test::kProblems;
using attnbench::test::Plain;
using conformance::Finding;
using conformance::Status;

namespace {

/// What the suite finds about a variant that breaks one promise.
std::string failure_of(const Variant& variant, const std::string& promise) {
  const Finding finding = finding_of(entry_of(variant), promise);
  CHECK(finding.status == Status::kFailed);
  return finding.failure;
}

/// A right variant whose answer `spoil` then changes.
class Spoilt : public Plain {
 public:
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    Plain::forward(call, in, out, scratch);
    spoil(call, in, out, scratch);
  }

 private:
  virtual void spoil(const Call&, const Inputs&, const Tensor<float>&,
                     const Workspace&) const noexcept = 0;
};

}  // namespace

TEST_CASE("A right variant keeps every promise, on the number of problems asked for") {
  for (const Finding& finding : conformance::check_conformance(entry_of(Plain{}), kProblems, 7)) {
    INFO(finding.promise << ": " << finding.failure << finding.note);
#ifdef ATTNBENCH_SANITIZED
    if (finding.promise.starts_with("takes nothing from the heap")) continue;
#endif
    CHECK(is_fine(finding.status));
    CHECK((finding.problems_tried == kProblems) == (finding.status == Status::kOk));
  }
}

TEST_CASE("A variant that is wrong for some shapes is caught, with the smallest such problem") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      const Problem& p = call.problem;
      if (p.causal && p.kv_len >= 7 && p.head_dim >= 3) out.row(0, 0, p.q_len - 1)[2] += 0.25f;
    }
  };
  const std::string failure = failure_of(Wrong{}, "agrees with its definition");
  INFO(failure);
  CHECK(has(failure,
            "plain, 1 head, head_dim 3, causal, 1 thread, q_len=1, kv_len=7, normal inputs"));
  CHECK(has(failure, "batch 0 head 0 query 0 dim 2: expected "));
}

TEST_CASE("A variant that reads the wrong key head of a group is caught") {
  class Wrong : public Plain {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      for (int64_t b = 0; b < out.batch; ++b)
        for (int64_t h = 0; h < out.heads; ++h)
          for (int64_t i = 0; i < out.len; ++i) {
            const int64_t reads = h % call.problem.kv_heads * (out.heads / call.problem.kv_heads);
            Tensor<const float> q = in.q;
            q.data += (h - reads) * out.len * out.dim;
            attend(call.problem, {q, in.k, in.v}, b, reads, i, out.row(b, h, i),
                   reinterpret_cast<float*>(scratch.data));
          }
    }
  };
  CHECK(has(failure_of(Wrong{}, "agrees with its definition"), "kv_heads"));
}

TEST_CASE("A variant that takes one key of hundreds for its neighbour is caught") {
  class Wrong : public Plain {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      const int64_t dim = in.v.dim;
      std::vector<float> v(in.v.data, in.v.data + in.v.size());
      if (in.v.len > 200) std::copy_n(v.data() + dim, dim, v.data());  // Of the first head.
      Plain::forward(call, {in.q, in.k, {v.data(), in.v.batch, in.v.heads, in.v.len, dim}}, out,
                     scratch);
    }
  };
  const std::string failure = failure_of(Wrong{}, "sees each key once");
  INFO(failure);
  CHECK(has(failure, "kv_len=201, equal-weight inputs"));
  CHECK(has(failure, "some key is left out, counted twice or not its own"));
}

TEST_CASE("A variant that makes a NaN of large logits is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      const bool large = std::any_of(in.q.data, in.q.data + in.q.size(),
                                     [](float x) { return std::abs(x) > 100; });
      if (large) out.data[0] = std::exp(1000.0f) - std::exp(1000.0f);
    }
  };
  const std::string failure = failure_of(Wrong{}, "withstands extreme inputs");
  CHECK(has(failure, "large-logit inputs"));
  CHECK(has(failure, "is NaN"));
  CHECK(finding_of(entry_of(Wrong{}), "agrees with its definition").status == Status::kOk);
}

TEST_CASE("A variant that does not yield zeros for a query without keys is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      if (keys_seen(call.problem, 0) == 0) out.data[0] = 1e-30f;
    }
  };
  CHECK(has(failure_of(Wrong{}, "yields zero where no key is seen"), "query 0 dim 0: expected 0"));
}

TEST_CASE("A variant that multiplies values of unseen keys by zero is caught") {
  class Wrong : public Plain {
   public:
    explicit Wrong(bool reads_keys) : reads_keys_(reads_keys) {}

   private:
    static int64_t first_seen(const Call& call) { return call.problem.kv_len / 2; }
    void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
      const int64_t end = keys_seen(call.problem, query);
      if (end > first_seen(call)) keys.add({first_seen(call), end, 1});
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      // Attends the second half only, but adds the values of the first half times zero.
      Problem half = call.problem;
      half.kv_len -= first_seen(call);
      Inputs seen = in;
      for (int64_t b = 0; b < out.batch; ++b)
        for (int64_t h = 0; h < out.heads; ++h)
          for (int64_t i = 0; i < out.len; ++i) {
            const int64_t group = h / (out.heads / half.kv_heads);
            const int64_t at = b * half.kv_heads + group;
            for (Tensor<const float>* x : {&seen.k, &seen.v}) {
              const Tensor<const float>& whole = x == &seen.k ? in.k : in.v;
              x->len = half.kv_len;
              x->data = whole.row(b, group, first_seen(call)) - at * half.kv_len * out.dim;
            }
            float* row = out.row(b, h, i);
            attend(half, seen, b, h, i, row, reinterpret_cast<float*>(scratch.data));
            const Tensor<const float>& touched = reads_keys_ ? in.k : in.v;
            for (int64_t j = 0; j < first_seen(call); ++j)
              for (int64_t d = 0; d < out.dim; ++d) row[d] += 0 * touched.row(b, group, j)[d];
          }
    }
    bool reads_keys_;
  };
  for (const bool reads_keys : {false, true}) {
    CHECK(finding_of(entry_of(Wrong(reads_keys)), "agrees with its definition").status ==
          Status::kOk);
    const std::string failure = failure_of(Wrong(reads_keys), "ignores keys that no query sees");
    INFO(failure);
    CHECK(has(failure, "in the keys that no query sees, from key 0 on, batch 0 head 0 query 0"));
    CHECK(has(failure, "is NaN"));
  }
}

TEST_CASE("A variant that leaves an element of out unwritten is caught") {
  class Wrong : public Plain {
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      const float kept = out.data[out.size() - 1];
      Plain::forward(call, in, out, scratch);
      out.data[out.size() - 1] = kept;
    }
  };
  CHECK(has(failure_of(Wrong{}, "agrees with its definition"), "was never written"));
  CHECK(has(failure_of(Wrong{}, "ignores what out and workspace held"), "over NaNs"));
}

TEST_CASE("A variant that relies on a zeroed workspace is caught") {
  class Wrong : public Spoilt {
    Count workspace_bytes(const Call& call) const noexcept override {
      return Plain::workspace_bytes(call) + Count(sizeof(float));
    }
    void spoil(const Call& call, const Inputs&, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
      out.data[0] += reinterpret_cast<float*>(scratch.data)[call.problem.kv_len];
    }
  };
  CHECK(has(failure_of(Wrong{}, "ignores what out and workspace held"), "over zeros"));
}

TEST_CASE("A variant that writes past out, far or near, is caught, and the suite goes on") {
  class Wrong : public Spoilt {
   public:
    explicit Wrong(int64_t distance) : distance_(distance) {}

   private:
    void spoil(const Call&, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      out.data[distance_ < 0 ? distance_ : out.size() - 1 + distance_] = 1;
    }
    int64_t distance_;
  };
  for (const auto& [distance, where] : {std::pair<int64_t, const char*>(1, "0 bytes past its end"),
                                        {20'000, "79996 bytes past its end"},
                                        {-1, "4 bytes before its beginning"},
                                        {-20'000, "80000 bytes before its beginning"}}) {
    const std::string failure = failure_of(Wrong(distance), "stays inside its memory");
    INFO(failure);
    CHECK(has(failure, ": out of "));
    CHECK(has(failure, where));
  }
}

TEST_CASE("A variant that reads past its keys is caught, though its answer is right") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs& in, const Tensor<float>&,
               const Workspace&) const noexcept override {
      [[maybe_unused]] const volatile float unused = in.k.data[in.k.size()];
    }
  };
  const std::string failure = failure_of(Wrong{}, "stays inside its memory");
  INFO(failure);
  CHECK(has(failure, "bytes is touched 0 bytes past its end"));
  CHECK(has(failure, ": k of "));
}

TEST_CASE("A variant that declares less workspace than it uses is caught") {
  class Wrong : public Plain {
    Count workspace_bytes(const Call& call) const noexcept override {
      return Count(Plain::workspace_bytes(call).value() / 2);
    }
  };
  const std::string failure = failure_of(Wrong{}, "stays inside its memory");
  INFO(failure);
  CHECK(has(failure, ": its workspace of "));
  CHECK(has(failure, "past its end"));
}

TEST_CASE("A variant that changes its inputs is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs& in, const Tensor<float>&,
               const Workspace&) const noexcept override {
      const_cast<float&>(in.v.data[0]) = 0;
    }
  };
  CHECK(has(failure_of(Wrong{}, "leaves its inputs alone"), "v is changed"));
}

TEST_CASE("A variant whose answer changes from call to call is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      if (++calls_ % 2 == 0) out.data[0] = std::nextafter(out.data[0], 2.0f);
    }
    mutable std::atomic<int> calls_ = 0;
  };
  CHECK(has(failure_of(Wrong{}, "gives the same bits when run twice"), "the second time"));
}

TEST_CASE("A variant that is wrong only with three threads is caught, with that thread count") {
  class Wrong : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      if (call.threads == 3) out.data[0] += 1;
    }
  };
  CHECK(has(failure_of(Wrong{}, "agrees across thread counts"), "with 3 threads, batch 0 head 0"));
}

TEST_CASE("Bits that differ between thread counts are no failure, but a remark") {
  class Rounding : public Spoilt {
    void spoil(const Call& call, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
      if (call.threads == 2 && call.problem.causal) out.data[0] = std::nextafter(out.data[0], 0.0f);
    }
  };
  const Finding finding = finding_of(entry_of(Rounding{}), "agrees across thread counts");
  CHECK(finding.status == Status::kOk);
  CHECK(has(finding.note, "same bits with 1, 2 and 3 threads on "));
  CHECK_FALSE(has(finding.note, "on " + std::to_string(kProblems) + " of"));
}

TEST_CASE("A variant that allocates is caught") {
  class Wrong : public Spoilt {
    void spoil(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {
      void* volatile block = std::malloc(100);
      std::free(block);
    }
  };
  const Finding finding = finding_of(entry_of(Wrong{}), "takes nothing from the heap");
#ifdef ATTNBENCH_SANITIZED
  CHECK(finding.status == Status::kNotTried);
  CHECK(has(finding.note, "sanitizers"));
#else
  CHECK(finding.status == Status::kFailed);
  CHECK(has(finding.failure, "bytes are allocated at once"));
#endif
}
