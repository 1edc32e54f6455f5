// The fields that hold numbers, with their limits: one table for reader, writer and schema.
#pragma once

#include <cstdint>
#include <limits>

#include "config/config.h"

namespace attnbench::config {

/// An integer axis of the sweep. All start at 1.
struct Axis {
  const char* name;
  int64_t max;
  std::vector<int64_t> Sweep::*values;
  const char* doc;
};

inline constexpr Axis kAxes[] = {
    {"seq_len", int64_t{1} << 32, &Sweep::seq_len,
     "Sequence length: the number of keys, and of queries where q_len is absent."},
    {"q_len", int64_t{1} << 32, &Sweep::q_len,
     "Number of queries; seq_len where absent. 1 with a long seq_len is decoding."},
    {"heads", 4096, &Sweep::heads, "Query heads."},
    {"kv_heads", 4096, &Sweep::kv_heads,
     "Key and value heads; heads where absent. Fewer is grouped-query attention."},
    {"head_dim", 512, &Sweep::head_dim, "Elements of one head's vector."},
    {"batch", 65536, &Sweep::batch, "Sequences at once."},
    {"threads", 1024, &Sweep::threads, "OpenMP threads; all cores where absent."},
};

/// An axis of numbers, each 0 or from kLeastModifier to kMostModifier.
struct NumberAxis {
  const char* name;
  std::vector<double> Sweep::*values;
  const char* doc;
};
inline constexpr double kLeastModifier = 1e-6;
inline constexpr double kMostModifier = 1e6;

inline constexpr NumberAxis kNumberAxes[] = {
    {"scale", &Sweep::scale, "What q·k is multiplied by; 0: 1/sqrt(head_dim)."},
    {"softcap", &Sweep::softcap,
     "Scores s become softcap * tanh(s / softcap), as in Gemma 2; 0: they stay."},
};

/// An axis of true and false.
struct FlagAxis {
  const char* name;
  std::vector<bool> Sweep::*values;
  const char* doc;
};

inline constexpr FlagAxis kFlagAxes[] = {
    {"causal", &Sweep::causal,
     "Whether a query sees no key after its own position, aligned to the last key."},
    {"alibi", &Sweep::alibi,
     "Whether a head's slope times the distance of query and key is taken from the score, after "
     "softcap (Press et al. 2021)."},
};

inline constexpr int64_t kMostRounds = 10000;
inline constexpr double kMostMinTimeS = 3600;
inline constexpr double kMostTimeoutS = 7 * 24 * 3600;
inline constexpr int64_t kMostSeed = std::numeric_limits<int64_t>::max();  // what JSON tools keep

inline constexpr size_t kMostNameLength = 100;
inline constexpr const char* kNamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$";
inline constexpr const char* kMemoryPattern = "^[0-9]+(\\.[0-9]+)? ?(B|KiB|MiB|GiB|TiB)$";

/// Largest number of cases of a sweep, and of values that all ranges of a config expand to.
inline constexpr int64_t kMostCases = 1'000'000;

}  // namespace attnbench::config
