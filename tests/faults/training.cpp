// Variants whose backward pass breaks a promise, for a test program and for a plugin.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"

namespace attnbench {
namespace {

/// Shorter sequences are done right, so that a test sees which cases a fault costs and which not.
constexpr int64_t kFirstBadLength = 32;

enum class Misdeed { kForgetsV, kAdds, kDiffersByThreads, kFlipsV, kChangesSaved };

/// Each query sees one key, whose v it copies: d_v is d_out, summed up, and all else is 0.
class Mistrained final : public Exact, public Differentiable {
 public:
  constexpr explicit Mistrained(Misdeed misdeed) : misdeed_(misdeed) {}

  const Differentiable* differentiable() const noexcept override { return this; }
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t key = key_of(call.problem, query);
    if (key >= 0) keys.add({key, key + 1, 1});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Count saved_bytes(const Call&) const noexcept override { return Count(64); }
  Theory theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }
  Theory training_theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    each_row(call.problem, [&](int64_t b, int64_t h, int64_t head, int64_t i, int64_t key) {
      for (int64_t d = 0; d < out.dim; ++d)
        out.row(b, h, i)[d] = key < 0 ? 0 : in.v.row(b, head, key)[d];
    });
  }
  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    std::fill_n(saved.data, saved.bytes, std::byte{0});
    forward(call, in, out, scratch);
  }

  void backward(const Call& call, const Inputs&, const Tensor<const float>&, const Saved& saved,
                const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    const bool bad = p.kv_len >= kFirstBadLength;
    std::fill_n(g.q.data, g.q.size(), 0.0f);
    std::fill_n(g.k.data, g.k.size(), 0.0f);
    if (bad && misdeed_ == Misdeed::kForgetsV) return;
    if (!bad || misdeed_ != Misdeed::kAdds) std::fill_n(g.v.data, g.v.size(), 0.0f);
    each_row(p, [&](int64_t b, int64_t h, int64_t head, int64_t i, int64_t key) {
      for (int64_t d = 0; d < p.head_dim && key >= 0; ++d)
        g.v.row(b, head, key)[d] += d_out.row(b, h, i)[d];
    });
    if (!bad) return;
    if (misdeed_ == Misdeed::kFlipsV)
      std::for_each_n(g.v.data, g.v.size(), [](float& x) { x = -x; });
    if (misdeed_ == Misdeed::kDiffersByThreads && call.threads > 1)
      g.v.data[0] = std::nextafter(g.v.data[0], 9.0f);
    if (misdeed_ == Misdeed::kChangesSaved) const_cast<std::byte&>(saved.data[0]) ^= std::byte{1};
  }

 private:
  /// Negative if causality leaves no key.
  static int64_t key_of(const Problem& p, int64_t query) {
    const int64_t key = query % p.kv_len;
    return p.causal ? std::min(key, aligned_position(p, query)) : key;
  }

  template <class Do>
  static void each_row(const Problem& p, const Do& what) {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i)
          what(b, h, h / (p.heads / p.kv_heads), i, key_of(p, i));
  }

  Misdeed misdeed_;
};

struct Fault {
  Info info;
  Mistrained variant;
  Registration registration{&info, &variant, nullptr};
  bool registered = add_registration(registration);

  Fault(const char* name, Misdeed misdeed)
      : info{name, "Is wrong in training from 32 keys on", Kind::kExact, "none"},
        variant(misdeed) {}
};

Fault g_faults[] = {
    {"forgets_d_v", Misdeed::kForgetsV},
    {"adds_to_gradients", Misdeed::kAdds},
    {"gradients_differ_by_threads", Misdeed::kDiffersByThreads},
    {"flips_d_v", Misdeed::kFlipsV},
    {"changes_what_it_saved", Misdeed::kChangesSaved},
};

}  // namespace
}  // namespace attnbench
