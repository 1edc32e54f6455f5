// Softmax attention over every key, for variants that are full attention over something smaller.
#pragma once

#include "kernels/engine_variant.h"

namespace attnbench::kernels {

/// The pattern of full attention without causal.
class EveryKey final : public EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t, KeySpans& keys) const noexcept override {
    keys.add({0, call.problem.kv_len});
  }
  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }
};
inline constexpr EveryKey kEveryKey;

}  // namespace attnbench::kernels
