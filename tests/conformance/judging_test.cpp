// The suite on definitions that float32 can evaluate for some rows or problems only.
#include <algorithm>
#include <cmath>

#include "inexact_findings.h"
#include "kinds.h"
#include "measure/defined_variants.h"

using namespace attnbench;
using attnbench::test::BestDefined;
using attnbench::test::failure_of;
using attnbench::test::finding_of;
using attnbench::test::GatedPair;
using attnbench::test::has;
using attnbench::test::kAgrees;
using attnbench::test::kProblems;
using conformance::Finding;
using conformance::Status;

namespace {

/// Squares of large queries are beyond float, if head_dim is even.
class Cubes : public GatedPair<Cubes> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t row : rows) {
      const Real q = in.q.data[row * in.q.dim] * Real(factor(call));
      out = GatedPair::write_row(call.problem, in, row, out);
      out[-1] += q * q / Real(1e38);
    }
  }

 private:
  static float factor(const Call& call) { return call.problem.head_dim % 2 == 0 ? 1e18f : 1e16f; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    GatedPair::forward(call, in, out, scratch);
    for (int64_t row = 0; row < out.batch * out.heads * out.len; ++row) {
      const float q = in.q.data[row * in.q.dim] * factor(call);
      out.data[(row + 1) * out.dim - 1] += q * q / 1e38f;
    }
  }
};

/// Float32 can't evaluate rows whose query holds large numbers.
class Overflows : public GatedPair<Overflows> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const int64_t dim = call.problem.head_dim;
    for (const int64_t row : rows) {
      const float* const q = in.q.data + row * dim;
      const bool large = std::any_of(q, q + dim, [](float x) { return std::abs(x) > 10; });
      out = write_row(call.problem, in, row, out);
      if (large) out[-1] = out[-1] * Real(1e30) * Real(1e30) / Real(1e30) / Real(1e30);
    }
  }

 private:
  Support supports(const Call& call) const noexcept override {
    return {call.problem.head_dim < 40 ? "needs a head_dim of 40" : nullptr};
  }
};

/// Float32 rounds away all but three digits.
class Blurred : public GatedPair<Blurred> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    Real* const end = out + rows.count * call.problem.head_dim;
    GatedPair::rows(call, in, rows, out);
    for (; out < end; ++out) *out = (*out + Real(4096)) - Real(4096);
  }

 private:
  Support supports(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const bool exact = p.q_len > p.kv_len;  // Rows of zeros are.
    const bool lucky = p.q_len < 40 || p.head_dim < 40;
    return {exact || lucky ? "needs 40 dims and queries, each with keys" : nullptr};
  }
};

/// Float32 can't evaluate the first head, and the last head is wrong.
class Partly : public test::Deciding<DefinesGivenDecisions<Partly>> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
            Real* out) const {
    const Problem& p = call.problem;
    for (const int64_t row : rows) {
      out = write_row(p, in, row / p.q_len / p.heads, row / p.q_len % p.heads,
                      decisions[row % p.q_len], out);
      if (row < p.q_len) out[-1] = out[-1] * Real(1e30) * Real(1e30) / Real(1e30) / Real(1e30);
    }
  }

 private:
  Support supports(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {p.heads > 1 && p.q_len <= p.kv_len ? nullptr : "needs two heads, all with keys"};
  }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    Deciding::forward(call, in, out, scratch);
    out.data[out.size() - 1] += 1;
  }
};

}  // namespace

TEST_CASE("A definition that float32 can't evaluate leaves the promise untried, which is not ok") {
  measure::test::LeakySum variant;
  variant.overflows_in_float = true;
  const Finding finding = finding_of(variant, kAgrees, test::kHopeless);
  CHECK(finding.status == Status::kNotTried);
  CHECK_FALSE(is_fine(finding.status));
  CHECK(has(finding.note, "no problem could be judged: float32 can't evaluate its definition"));
}

TEST_CASE("If float32 can't evaluate a definition on some extreme inputs, the others are tried") {
  const Finding finding = finding_of(Cubes{}, "withstands extreme inputs");
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kOk);
  CHECK(finding.problems_tried == kProblems);
  CHECK(has(finding.note, "others could not be judged: float32 can't evaluate its definition"));
  CHECK(has(finding.note, " with large-logit inputs)"));
}

TEST_CASE("If no problem of one kind of extreme inputs can be judged, the promise is not tried") {
  const Finding finding = finding_of(Overflows{}, "withstands extreme inputs");
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kNotTried);
  CHECK_FALSE(is_fine(finding.status));
  CHECK(has(finding.note,
            "no problem with large-logit inputs could be judged: float32 can't evaluate its "
            "definition ("));
}

TEST_CASE("If an error of 1e-4 would not show beside rounding, the promise is not tried") {
  const Finding finding = finding_of(Blurred{}, kAgrees);
  INFO(finding.failure << finding.note);
  CHECK(finding.status == Status::kNotTried);
  CHECK(has(finding.note, "an error of 1e-4 would show in no row"));
}

TEST_CASE("A wrong row is caught beside rows of another head that float32 can't evaluate") {
  CHECK(has(failure_of(Partly{}, kAgrees), "batch 0 head 1 query 0 dim 0: expected "));
}
