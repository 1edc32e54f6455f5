// Linear attention: softmax's weight exp(q·k) is replaced by a product of features,
// phi(q)·phi(k), so that keys can be summed up before any query is looked at.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// Rows of q or k of one head, to be mapped to features.
struct RowsToMap {
  const float* from;  ///< [rows, head_dim]
  int64_t rows;
  bool queries;      ///< Whether they are rows of q; else of k.
  int64_t kv_head;   ///< The key head that they are of, or that they read.
  int64_t position;  ///< Of the first row among the keys: aligned_position() of a query.
  float* out;        ///< [rows, pitch], aligned to whole vectors.
  int64_t pitch;     ///< A multiple of the lanes.
  float* peaks;      ///< [rows] if the map has peaks.
};

/// What exponents are relative to: a whole number, so that one reference is exchanged for another
/// without rounding.
inline float peak_reference(float peak) {
  return std::ceil(peak);
}

/// The factor from numbers that are relative to one peak to numbers relative to another: a power of
/// two, so that the results' bits do not depend on which peak sums were relative to on their way.
inline float between_peaks(float from, float to) {
  const float a = peak_reference(from), b = peak_reference(to);
  return a == b ? 1 : std::exp2(a - b);
}

/// The map phi from a row of q or k to its features.
class FeatureMap {
 public:
  /// How many features a row has.
  virtual int64_t features(const Problem&) const noexcept = 0;

  /// Writes the features of rows, and zeros behind them up to the pitch.
  virtual void map(const Problem&, const RowsToMap&) const noexcept = 0;

  /// What a query's sum of weighted values is divided by, given its sum of weights.
  virtual float divisor(float weights) const noexcept = 0;

  /// Whether features are powers of two with large exponents, which overflow unless they are
  /// relative to the largest one so far, the peak. Then peak_reference() is subtracted from the
  /// exponents of a key's features, but not from the last feature; and RowsToMap::peaks holds
  /// - of queries, the peak of the keys that each sees;
  /// - of keys, first the peak before them, or -infinity, as peaks[0]; then, which the map writes,
  ///   the peak of all keys up to each one. A key's reference is its own peak's.
  /// Bits must depend on references by powers of two alone. A state is always used: pairs are not
  /// weighed.
  virtual bool has_peaks() const noexcept { return false; }

 protected:
  ~FeatureMap() = default;
};

/// Computes out[i] = sum over j of w_ij v_j / divisor(sum over j of w_ij) with
/// w_ij = phi(q_i)·phi(k_j), over all keys j, or if it is causal those up to the query's position.
/// A query before the first key yields zeros. The conditions are those of Variant::forward; scratch
/// is linear_bytes() long and aligned to 64 bytes. The result has the same bits for any number of
/// threads. `inverse` [batch, heads, q_len], unless it is null, is filled with what each query's
/// sum of weighted values was multiplied by: 1 / divisor, or 0 if it is before the first key.
void attend_linearly(const FeatureMap& phi, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, std::byte* scratch,
                     float* inverse = nullptr) noexcept;
Count linear_bytes(const FeatureMap& phi, const Call& call) noexcept;

/// The least operations of it, with map_flops for the map of a row: m features, d = head_dim.
///
/// By the recurrence, a key adds to the state of m x (d + 1) numbers (2 m d + m), and a query
/// multiplies it (2 m d + 2 m) and divides (d). The chunks of a causal kernel take more, which
/// earns nothing. If pairs of query and key are so few that weighing each takes less (weight_flops
/// for the weight, such as 2 m; 1 for the sum, 2 d for the value), that is what counts, and no map.
Count linear_flops(const Problem& problem, int64_t features, int64_t weight_flops,
                   int64_t map_flops = 0) noexcept;

}  // namespace attnbench::kernels
