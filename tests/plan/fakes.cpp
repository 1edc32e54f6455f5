// A small registry for plan tests.
#include "fakes.h"

#include <algorithm>

namespace attnbench::plan::testing {
namespace {

class Fake : public Exact {
 public:
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}

 protected:
  ~Fake() = default;
};

int64_t causal_end(const Problem& p, int64_t query) {
  return p.causal ? std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len) : p.kv_len;
}

/// Trained, it keeps a float a query, and declines a head_dim of 7, and one of 3 with more than 13
/// queries.
class Full final : public Fake, public Differentiable {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  Support supports_training(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {p.head_dim == 7                   ? "head_dim is 7"
            : p.head_dim == 3 && p.q_len > 13 ? "q_len is above 13"
                                              : nullptr};
  }
  Count saved_bytes(const Call& call) const noexcept override {
    return count(call.problem.batch, call.problem.heads, call.problem.q_len, sizeof(float));
  }
  Count training_workspace_bytes(const Call&) const noexcept override { return Count(96); }
  Theory training_theory(const Call&) const noexcept override { return {{2, 0}, {1, 0}}; }
  void forward_saving(const Call&, const Inputs&, const Tensor<float>&, const Workspace&,
                      const Workspace&) const noexcept override {}
  void backward(const Call&, const Inputs&, const Tensor<const float>&, const Saved&,
                const Tensor<const float>&, const Gradients&,
                const Workspace&) const noexcept override {}
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t end = causal_end(call.problem, query);
    if (end > 0) keys.add({0, end});
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return count(p.batch, p.heads, p.q_len, p.kv_len, sizeof(float));
  }
  /// With a head_dim of 13 it declares its terms in the wrong order.
  Theory theory(const Call& call) const noexcept override {
    if (call.problem.head_dim == 13) return {{{2}, {3}}, {2}};
    return {{2, 0}, {2, 0}};
  }
};

class Window final : public Fake {
 public:
  uint32_t takes() const noexcept override {
    return Fake::takes() | take::kBf16 | take::kF16 | take::kInt8 | take::kQ8_0;
  }
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t at = aligned_position(call.problem, query);
    const int64_t begin = std::max<int64_t>(0, at - call.params[0]);
    const int64_t end = std::min(causal_end(call.problem, query), at + call.params[1] + 1);
    if (begin < end) keys.add({begin, end});
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.threads, 64);
  }
  Theory theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }
};

/// Query i sees the first two keys, every third key from i mod 5 on, and one that jumps about.
class Scattered final : public Fake {
 public:
  Support supports(const Call& call) const noexcept override {
    if (call.problem.alibi) return {"alibi is not built in"};
    if (call.problem.kv_len > 1 << 24) return {"it ends at 2^24 keys"};
    return {call.problem.head_dim > 64 ? "head_dim is above 64" : nullptr};
  }
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t n = call.problem.kv_len;
    const int64_t middle = n / 2;
    keys.add({0, std::min<int64_t>(2, n)});
    const int64_t begin = 2 + query % 5;
    if (begin < middle) keys.add({begin, middle, 3});
    const int64_t far = middle + query * 7919 % std::max<int64_t>(1, n - middle);
    if (far >= 2 && far < n) keys.add({far, far + 1});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {{1, 1}, {0, 0}}; }
};

/// No attention: the sum of all values so far, times a gate that it declares.
class Leaky final : public Defines<Leaky>, public DefinesGradients<Leaky> {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  Count saved_bytes(const Call&) const noexcept override { return {}; }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory training_theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }
  Cost backward_cost(const Call& call) const noexcept override {
    return {Count(1000), Count(2000), Count(call.problem.kv_len), Count(call.problem.kv_len)};
  }
  void forward_saving(const Call&, const Inputs&, const Tensor<float>&, const Workspace&,
                      const Workspace&) const noexcept override {}
  void backward(const Call&, const Inputs&, const Tensor<const float>&, const Saved&,
                const Tensor<const float>&, const Gradients&,
                const Workspace&) const noexcept override {}
  template <class Real>
  void gradients(const Call&, const Inputs&, const Tensor<const float>&,
                 const DefinedGradients<Real>&) const {}
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(2, p.batch, p.heads, p.kv_len, p.head_dim),
            count(p.batch, p.heads, p.kv_len, p.head_dim, sizeof(float)), Count(p.kv_len),
            Count(p.kv_len)};
  }
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    inputs.add(
        {"gate", call.problem.batch, call.problem.heads, call.problem.kv_len, 1, Fill::kSigmoid});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
  template <class Real>
  void rows(const Call&, const Inputs&, const Rows&, Real*) const {}
};

/// What may be around attention.
class Projections final : public Defines<Projections> {
 public:
  Support supports(const Call& call) const noexcept override {
    const bool grouped = call.problem.heads != call.problem.kv_heads;
    return {grouped ? "as many key heads as query heads, please" : nullptr};
  }
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(6, p.batch, p.heads, p.q_len, p.head_dim), Count(2048)};
  }
  void extra_inputs(const Call&, ExtraInputs& inputs) const noexcept override {
    inputs.add({"weights", 1, 1, 16, 16, Fill::kNormal, 1, 0, true});
  }
  Count workspace_bytes(const Call&) const noexcept override { return Count(64); }
  Theory theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
  template <class Real>
  void rows(const Call&, const Inputs&, const Rows&, Real*) const {}
};

const Full kFull;
const Window kWindow;
const Scattered kScattered;
const Leaky kLeaky;
const Projections kLayer;
constexpr Param kWindowParams[] = {{"left", 2, 0, 1 << 20, "Keys before."},
                                   {"right", 0, 0, 1 << 20, "Keys after."}};
constexpr Info kFullInfo{"full", "Sees all.", Kind::kExact, "-"};
constexpr Info kWindowInfo{"window", "Sees a window.", Kind::kExact, "-", kWindowParams, 2};
constexpr Info kScatteredInfo{"scattered", "Sees keys here and there.", Kind::kExact, "-"};
constexpr Info kLeakyInfo{"leaky", "A leaky sum of values.", Kind::kBaseline, "-"};
constexpr Info kLayerInfo{registry::kProjections, "Products.", Kind::kBaseline, "-"};

}  // namespace

const registry::Catalogue& catalogue() {
  static const registry::Catalogue kCatalogue({{&kFullInfo, &kFull},
                                               {&kWindowInfo, &kWindow},
                                               {&kScatteredInfo, &kScattered},
                                               {&kLeakyInfo, &kLeaky},
                                               {&kLayerInfo, &kLayer}});
  return kCatalogue;
}

}  // namespace attnbench::plan::testing
