// What a variant says about itself: wrong statements are caught, and `supports` is respected.
#include <atomic>

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

/// States the given spans for every query.
class States : public Plain {
 public:
  explicit States(std::vector<KeySpan> spans) : spans_(std::move(spans)) {}

 private:
  Support supports(const Call& call) const noexcept override {
    return {call.problem.kv_len < 20 ? "needs 20 keys" : nullptr};
  }
  void visible_keys(const Call&, int64_t, KeySpans& keys) const noexcept override {
    for (const KeySpan& span : spans_) keys.add(span);
  }
  std::vector<KeySpan> spans_;
};

}  // namespace

TEST_CASE("Each kind of malformed visible keys is caught, with an error of its own") {
  const auto failure = [](std::vector<KeySpan> spans) {
    const Finding finding =
        finding_of(entry_of(States(std::move(spans))), "states well-formed keys");
    CHECK(finding.status == Status::kFailed);
    return finding.failure;
  };
  CHECK(has(failure({{0, 4, 0}}), "[0, 4) step 0 has a step below 1"));
  CHECK(has(failure({{-1, 4, 1}}), "[-1, 4) step 1 leaves [0, kv_len)"));
  CHECK(has(failure({{0, 4000, 1}}), "[0, 4000) step 1 leaves [0, kv_len)"));
  CHECK(has(failure({{3, 3, 1}}), "[3, 3) step 1 is empty"));
  CHECK(has(failure({{0, 4, 1}, {3, 5, 1}}), "begins before the span ahead of it ends"));
  CHECK(has(failure({{5, 6, 1}, {0, 1, 1}}), "begins before the span ahead of it ends"));
}

TEST_CASE("A causal variant that sees a later key is caught, with that key") {
  class Wrong : public Plain {
    void visible_keys(const Call& call, int64_t, KeySpans& keys) const noexcept override {
      keys.add({0, call.problem.kv_len, 1});
    }
  };
  const Finding finding = finding_of(entry_of(Wrong{}), "states well-formed keys");
  CHECK(finding.status == Status::kFailed);
  CHECK(has(finding.failure, "key 0 is ahead of position -1"));
}

TEST_CASE("A variant whose workspace_bytes changes from call to call is caught") {
  class Wrong : public Plain {
    Count workspace_bytes(const Call& call) const noexcept override {
      return Plain::workspace_bytes(call) + Count(++calls_);
    }
    mutable std::atomic<int> calls_ = 0;
  };
  const Finding finding = finding_of(entry_of(Wrong{}), "answers the same when asked again");
  CHECK(finding.status == Status::kFailed);
  CHECK(has(finding.failure, "workspace_bytes is "));
}

TEST_CASE("A variant whose workspace_bytes wraps around for a large problem is caught") {
  class Wraps : public Plain {
   public:
    using Bytes = Count (*)(const Problem&);
    explicit Wraps(Bytes bytes) : bytes_(bytes) {}

   private:
    Count workspace_bytes(const Call& call) const noexcept override { return bytes_(call.problem); }
    Bytes bytes_;
  };
  const auto finding = [](Wraps::Bytes bytes) {
    return finding_of(entry_of(Wraps(bytes)), "declares a workspace that never wraps around");
  };
  const Wraps::Bytes wrong[] = {
      [](const Problem& p) {
        return Count(static_cast<uint64_t>(p.heads) * static_cast<uint64_t>(p.q_len) *
                     static_cast<uint64_t>(p.kv_len) * sizeof(float));
      },
      [](const Problem& p) {
        return count(p.batch, static_cast<uint32_t>(p.kv_len) * uint32_t{4});
      },
      [](const Problem& p) { return count(static_cast<int32_t>(p.q_len), sizeof(float)); }};
  for (const Wraps::Bytes bytes : wrong) {
    const Finding found = finding(bytes);
    INFO(found.failure);
    CHECK(found.status == Status::kFailed);
    CHECK(has(found.failure, "workspace_bytes falls from "));
  }
  CHECK(finding([](const Problem& p) {
          return count(p.heads, p.q_len, p.kv_len, sizeof(float));
        }).status == Status::kOk);
  CHECK(finding([](const Problem& p) { return count(p.q_len < 1000 ? 2'000'000 : 1); }).status ==
        Status::kOk);
}

TEST_CASE("Each call gets the workspace that the variant declares for its number of threads") {
  class Counting : public Plain {
   public:
    mutable std::atomic<int> wrong = 0;

   private:
    Count workspace_bytes(const Call& call) const noexcept override {
      return Plain::workspace_bytes(call) + count(4096, call.threads);
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      if (Count(scratch.bytes) != workspace_bytes(call)) ++wrong;
      Plain::forward(call, in, out, scratch);
    }
  };
  const Counting counting;
  conformance::check_conformance(entry_of(counting), kProblems, 7);
  CHECK(counting.wrong == 0);
}

TEST_CASE("Problems that a variant does not support are not run and not counted") {
  class Choosy : public Plain {
   public:
    mutable std::atomic<bool> asked_for_others = false;

   private:
    Support supports(const Call& call) const noexcept override {
      return {call.problem.head_dim == 64 ? nullptr : "head_dim is not 64"};
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      if (call.problem.head_dim != 64) asked_for_others = true;
      Plain::forward(call, in, out, scratch);
    }
  };
  const Choosy choosy;
  for (const Finding& finding : conformance::check_conformance(entry_of(choosy), kProblems, 7)) {
    INFO(finding.promise << ": " << finding.note);
#ifdef ATTNBENCH_SANITIZED
    if (finding.promise.starts_with("takes nothing from the heap")) continue;
#endif
    CHECK(is_fine(finding.status));
    CHECK((finding.problems_tried > 0) == (finding.status == Status::kOk));
  }
  CHECK_FALSE(choosy.asked_for_others);
}

TEST_CASE("A variant that supports no problem has no promise tried, which is not ok") {
  class Never : public Plain {
    Support supports(const Call&) const noexcept override { return {"not on Sundays"}; }
  };
  for (const Finding& finding : conformance::check_conformance(entry_of(Never{}), kProblems, 7)) {
    if (finding.status == Status::kDoesNotApply) continue;
    CHECK(finding.status == Status::kNotTried);
    CHECK_FALSE(is_fine(finding.status));
    CHECK(finding.note == "no problem could be tried: not on Sundays");
  }
}

TEST_CASE("Params are tried up to their limits and not beyond, and failures name their values") {
  class Windowed : public Plain {
   public:
    mutable std::atomic<bool> at_min = false, at_max = false, beyond = false;

   private:
    Count workspace_bytes(const Call& call) const noexcept override {
      const int64_t value = call.params[1];
      if (value == -1) at_min = true;
      if (value == INT64_MAX) at_max = true;
      if (value < -1 || call.params[0] != 3) beyond = true;
      return Plain::workspace_bytes(call);
    }
    void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
                 const Workspace& scratch) const noexcept override {
      Plain::forward(call, in, out, scratch);
      if (call.params[1] >= 10) out.data[0] += 1;
    }
  };
  constexpr Param kParams[] = {{"fixed", 3, 3, 3, "doc"}, {"left", 5, -1, INT64_MAX, "doc"}};
  const Info info{"windowed", "A variant for tests.", Kind::kExact, "none", kParams, 2};
  const Windowed windowed;
  // This promise tries all problems.
  CHECK(
      finding_of(entry_of(windowed, info), "declares a workspace that never wraps around").status ==
      Status::kOk);
  const Finding finding = finding_of(entry_of(windowed, info), "agrees with its definition");
  CHECK(has(finding.failure, "windowed fixed=3 left=10, 1 head, head_dim 1, "));
  CHECK(windowed.at_min);
  CHECK(windowed.at_max);
  CHECK_FALSE(windowed.beyond);
}
