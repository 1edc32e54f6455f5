// Positive random features, whose products estimate exp(q·k): the feature map of the Performer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/exp2.h"
#include "kernels/linear.h"
#include "kernels/projection.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Feature f of a row x is exp(w_f·x - |x|^2 / 2), with x times the root of the scale. Exponents
/// are in powers of two here, and relative to the largest w_f·x: a query's own, or the peak of the
/// keys that it sees. A query's weight of a key is the sum over f of
///   (2^query_f + epsilon) (2^(key_f - peak) + epsilon),
/// of which the second epsilon's part is the same for all keys. So one more feature is 1 for keys,
/// and for queries epsilon times the sum of all their features.
class PositiveFeatures final : public FeatureMap {
 public:
  PositiveFeatures(const Problem& p, int64_t count, double epsilon, float* packed)
      : count_(count),
        scale_(score_scale(p)),
        epsilon_(static_cast<float>(epsilon)),
        projection_(count, p.head_dim, packed) {}

  static int64_t packed_floats(const Problem& p, int64_t count) {
    return Projection::floats(count, p.head_dim);
  }
  /// Packs the directions, whose elements are direction(f, i).
  template <class Direction>
  void pack(const Direction& direction) const {
    const auto factor = static_cast<float>(std::sqrt(std::abs(scale_)) * std::numbers::log2e);
    projection_.pack([&](int64_t f, int64_t i) { return direction(f, i) * factor; });
  }

  int64_t features(const Problem&) const noexcept override { return count_ + 1; }
  float divisor(float weights) const noexcept override { return weights; }
  bool has_peaks() const noexcept override { return true; }

  void map(const Problem& p, const RowsToMap& rows) const noexcept override {
    projection_.multiply(rows.from, rows.rows, rows.out, rows.pitch);
    const auto half_scale = static_cast<float>(std::abs(scale_) * std::numbers::log2e / 2);
    float peak = rows.queries ? 0 : rows.peaks[0];
    for (int64_t row = 0; row < rows.rows; ++row) {
      float* const out = rows.out + row * rows.pitch;
      const float* const x = rows.from + row * p.head_dim;
      const float length = half_scale * dot(x, x, p.head_dim);
      const float largest = largest_of(out, rows.queries && scale_ < 0);
      float last = 1;
      if (rows.queries) {
        const float relative = rows.peaks[row] - peak_reference(rows.peaks[row]);
        last = raise(out, length + largest, 1, epsilon_) * epsilon_ * std::exp2(relative);
      } else {
        peak = rows.peaks[row] = std::max(peak, largest);
        const float own = peak_reference(largest);
        raise(out, length + own, between_peaks(largest, peak), 0);
      }
      out[count_] = last;
      std::fill(out + count_ + 1, out + rows.pitch, 0.0f);
    }
  }

 private:
  /// The largest of a row's products, behind which there are copies of one of them. Turns their
  /// signs first if asked to. NaN is passed over.
  float largest_of(float* products, bool turned) const {
    const Lanes d;
    Vec largest = hn::Set(d, -HUGE_VALF);
    for (int64_t i = 0; i < Projection::pitch(count_); i += kLanes) {
      Vec x = hn::Load(d, products + i);
      if (turned) hn::Store(x = hn::Neg(x), d, products + i);
      largest = hn::Max(x, largest);  // Of NaN and a number, Max takes the second argument.
    }
    return hn::GetLane(hn::MaxOfLanes(d, largest));
  }

  /// Turns products y into 2^(y - shift) * factor + epsilon, and returns the sum of these.
  float raise(float* products, float shift, float factor, float epsilon) const {
    const Lanes d;
    Vec sum = hn::Zero(d);
    const auto raised = [&](int64_t i) {
      const Vec y = hn::Sub(hn::Load(d, products + i), hn::Set(d, shift));
      return hn::MulAdd(exp2(d, y), hn::Set(d, factor), hn::Set(d, epsilon));
    };
    int64_t i = 0;
    for (; i + kLanes <= count_; i += kLanes) {
      const Vec feature = raised(i);
      hn::Store(feature, d, products + i);
      sum = hn::Add(sum, feature);
    }
    if (i < count_) {
      const Vec feature =
          hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count_ - i)), raised(i));
      hn::Store(feature, d, products + i);
      sum = hn::Add(sum, feature);
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
  }

  int64_t count_;
  double scale_;
  float epsilon_;
  Projection projection_;
};

}  // namespace attnbench::kernels
