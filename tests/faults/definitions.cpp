// Variants with a definition of their own that break promises, for a test program and for a plugin.
#include <algorithm>

#include "attnbench/register.h"

namespace attnbench {
namespace {

/// Each output is the value at the query's position: what the variants below should compute.
class CopiesValues : public Defines<CopiesValues> {
 public:
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count elements = count(p.batch, p.heads, p.q_len, p.head_dim);
    return {elements, count(2, elements, sizeof(float))};
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t row : rows) out = copy(call.problem, in, row, out);
  }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const int64_t rows = out.batch * out.heads * out.len;
    for (int64_t row = 0; row < rows; ++row) copy(call.problem, in, row, out.data + row * out.dim);
  }

 private:
  template <class Real>
  static Real* copy(const Problem& p, const Inputs& in, int64_t row, Real* out) {
    const int64_t b = row / p.q_len / p.heads, h = row / p.q_len % p.heads;
    const int64_t position = aligned_position(p, row % p.q_len);
    for (int64_t d = 0; d < p.head_dim; ++d)
      *out++ = position < 0 ? 0 : Real(in.v.row(b, h / (p.heads / p.kv_heads), position)[d]);
    return out;
  }
};

class WritesSevens final : public CopiesValues {
  void forward(const Call&, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    std::fill_n(out.data, out.size(), 7.0f);
  }
};

/// Declares a petabyte from 32 keys on.
class DeclaresAPetabyte final : public CopiesValues {
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t rows = call.problem.kv_len < 32 ? 1 : int64_t{1} << 40;
    inputs.add({"bias", 1, 1, rows, 256});
  }
};

/// Refuses each problem.
class DoesNothing final : public CopiesValues {
  Support supports(const Call&) const noexcept override { return {"the day is not a Monday"}; }
};

template <class Faulty>
struct Fault {
  Info info;
  Faulty variant;
  Registration registration{&info, &variant, nullptr};
  bool registered = add_registration(registration);

  explicit Fault(const char* name)
      : info{name, "Breaks a promise of definitions", Kind::kApproximate, "none"} {}
};

Fault<WritesSevens> g_writes_sevens("writes_sevens");
Fault<DeclaresAPetabyte> g_declares_a_petabyte("declares_a_petabyte");
Fault<DoesNothing> g_does_nothing("does_nothing");

}  // namespace
}  // namespace attnbench
