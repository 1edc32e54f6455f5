// What the inputs of a case are like, by the weights that full attention gives their keys.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace attnbench::record {

/// Shares of the keys for which InputStatistics holds the mass of the largest weights.
inline constexpr double kTopShares[] = {0.01, 0.05, 0.2};

/// The mass of the keys with the largest weights. If they are no whole number, the last one counts
/// in part, so that this share of equal weights has this mass.
struct TopMass {
  double share = 0;  ///< Of the keys that a row sees.
  double mass = 0;
};

/// The mass of the keys nearest to the query: those at a distance below `keys`, which for causal
/// attention are the last so many, the query's own first.
struct NearMass {
  int64_t keys = 0;
  double mass = 0;
};

/// Means over sampled rows of full attention, with the scale, softcap, ALiBi, causal and key heads
/// of the case: of the softmax weights p of the keys that a row sees ("mass"). Only queries of
/// the second half of the sequence are sampled, as early ones see few keys if causal.
struct InputStatistics {
  int case_id = 0;             ///< The case that they were computed for: see same_inputs.
  int64_t rows = 0;            ///< Rows sampled, over all heads.
  int64_t first_query = 0;     ///< Rows are of queries from this one on.
  double keys = 0;             ///< Keys that a row sees.
  double entropy = 0;          ///< H = -sum p ln p, in nats.
  double effective_keys = 0;   ///< exp(H): so many equal weights have this entropy.
  double effective_share = 0;  ///< exp(H) over the keys that the row sees.
  double first_key_mass = 0;
  double first_key_mass_least = 0;  ///< Of the query head with the least, in the mean of its rows.
  double first_key_mass_most = 0;
  /// One for each of kTopShares that is at least one key in every row.
  std::vector<TopMass> top;
  /// For 1, 4, 16, 64, ... keys, as far as they are fewer than kv_len.
  std::vector<NearMass> near;
  /// Norm of the mean of all keys of a head over the root of their mean squared norm: 1 if all are
  /// equal. Empty, as is the one below, if a head's keys are all zero.
  std::optional<double> key_mean = {};
  std::optional<double> first_key_norm = {};  ///< Norm of the first key over the mean norm.
  /// A tenth of the rows has fewer effective keys, a tenth has more. Empty in older records.
  std::optional<double> effective_keys_low = {};
  std::optional<double> effective_keys_high = {};
};

}  // namespace attnbench::record
