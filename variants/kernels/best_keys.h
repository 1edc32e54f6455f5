// The best keys of one query: those with the highest scores, while keys go by in ascending order.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <limits>

#include "kernels/divide.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// Gathers the `wanted` keys with the highest scores; of keys with equal scores, the first ones.
///
/// Keys that beat the worst of the best ones so far are appended to a list of candidates. Once the
/// list is full, it is cut down to the best ones: their lowest score is found by bisection, without
/// sorting, so that keys stay in their order.
class BestKeys {
 public:
  /// The most keys of one call of add().
  static constexpr int64_t kMostAdded = 256;

  /// How many int32 of scratch a list takes.
  static int64_t ints(int64_t wanted) { return 2 * room(wanted); }

  BestKeys() = default;
  /// The list lives in `scratch`.
  BestKeys(int64_t wanted, int32_t* scratch)
      : wanted_(wanted), orders_(scratch), keys_(scratch + room(wanted)) {}

  /// Offers consecutive keys from `first` on, at most kMostAdded of them. Scores of NaN or
  /// -infinity are never taken. `scores` may be read up to a whole vector.
  void add(int64_t first, const float* scores, int64_t count) {
    assert(count <= kMostAdded);
    make_room(count);
    const Lanes d;
    const hn::RebindToSigned<Lanes> di;
    const Vec least = hn::Set(d, least_);
    for (int64_t i = 0; i < count; i += kLanes) {
      const Vec x = hn::LoadU(d, scores + i);
      auto better = hn::Gt(x, least);
      if (count - i < kLanes)
        better = hn::And(better, hn::FirstN(d, static_cast<size_t>(count - i)));
      if (hn::AllFalse(d, better)) continue;
      const auto taken = hn::RebindMask(di, better);
      const auto keys = hn::Iota(di, static_cast<int32_t>(first + i));
      // Adding zero makes zeros of either sign equal.
      const auto bits = hn::BitCast(di, hn::Add(x, hn::Zero(d)));
      hn::StoreU(hn::Compress(ordered(bits), taken), di, orders_ + size_);
      hn::StoreU(hn::Compress(keys, taken), di, keys_ + size_);
      size_ += static_cast<int64_t>(hn::CountTrue(di, taken));
    }
  }

  /// Offers the keys of another list, all of which come after those here.
  void add(const BestKeys& other) {
    for (int64_t i = 0; i < other.size_; i += kMostAdded) {
      const int64_t count = std::min(kMostAdded, other.size_ - i);
      make_room(count);
      for (int64_t j = i; j < i + count; ++j)
        if (score_of(other.orders_[j]) > least_) {
          orders_[size_] = other.orders_[j];
          keys_[size_++] = other.keys_[j];
        }
    }
  }

  /// Leaves only the best keys.
  void finish() {
    if (size_ > wanted_) cut_down();
  }

  int64_t size() const { return size_; }
  /// Ascending.
  const int32_t* keys() const { return keys_; }
  float score(int64_t i) const { return score_of(orders_[i]); }

 private:
  static int64_t room(int64_t wanted) {
    return round_up(2 * std::max(wanted, kMostAdded) + kMostAdded + kLanes, 16);
  }

  /// Maps the bits of floats to integers of the same order, and back.
  template <class V>
  static HWY_INLINE V ordered(V bits) {
    const hn::RebindToSigned<Lanes> di;
    return hn::Xor(bits, hn::And(hn::ShiftRight<31>(bits), hn::Set(di, 0x7FFFFFFF)));
  }
  static float score_of(int32_t order) {
    return std::bit_cast<float>(order ^ ((order >> 31) & 0x7FFFFFFF));
  }

  void make_room(int64_t count) {
    if (size_ + count + kLanes > room(wanted_)) cut_down();
  }

  /// An order between two others: at first half way between their scores, which is half way for
  /// most scores; later half way between the integers, which ends after 32 steps.
  static int64_t middle_of(int64_t from, int64_t to, int steps) {
    const float half =
        score_of(static_cast<int32_t>(from)) / 2 + score_of(static_cast<int32_t>(to - 1)) / 2;
    const auto bits = std::bit_cast<int32_t>(half);
    const int64_t order = bits ^ ((bits >> 31) & 0x7FFFFFFF);
    return steps < 16 && order > from && order < to ? order : from + (to - from) / 2;
  }

  /// How many orders are at least `limit`.
  int64_t count_from(int64_t limit) const {
    const hn::RebindToSigned<Lanes> di;
    const auto below = hn::Set(di, static_cast<int32_t>(limit - 1));
    int64_t count = 0;
    for (int64_t i = 0; i < size_; i += kLanes)
      count += static_cast<int64_t>(hn::CountTrue(di, hn::Gt(hn::LoadU(di, orders_ + i), below)));
    return count;
  }

  void cut_down() {
    const hn::RebindToSigned<Lanes> di;
    std::fill_n(orders_ + size_, kLanes, orders_[0]);  // Whole vectors, for lowest and highest.
    auto low = hn::LoadU(di, orders_), high = low;
    for (int64_t i = kLanes; i < size_; i += kLanes) {
      low = hn::Min(low, hn::LoadU(di, orders_ + i));
      high = hn::Max(high, hn::LoadU(di, orders_ + i));
    }
    // No score maps to the lowest integer.
    std::fill_n(orders_ + size_, kLanes, std::numeric_limits<int32_t>::min());
    // At least `wanted` orders are `from` or above, and fewer are `to` or above.
    int64_t from = hn::GetLane(hn::MinOfLanes(di, low));
    int64_t to = int64_t{hn::GetLane(hn::MaxOfLanes(di, high))} + 1;
    int64_t count = size_;
    for (int steps = 0; to - from > 1 && count != wanted_; ++steps) {
      const int64_t middle = middle_of(from, to, steps);
      const int64_t above = count_from(middle);
      (above >= wanted_ ? from : to) = middle;
      if (above >= wanted_) count = above;
    }
    if (count == wanted_)
      keep_from(from);
    else
      keep_above(from, wanted_ - count_from(to));
    least_ = score(std::min_element(orders_, orders_ + size_) - orders_);
  }

  /// Keeps the orders that are `least` or above.
  void keep_from(int64_t least) {
    const hn::RebindToSigned<Lanes> di;
    const auto below = hn::Set(di, static_cast<int32_t>(least - 1));
    int64_t kept = 0;
    for (int64_t i = 0; i < size_; i += kLanes) {
      const auto orders = hn::LoadU(di, orders_ + i), keys = hn::LoadU(di, keys_ + i);
      const auto is_kept = hn::Gt(orders, below);
      hn::StoreU(hn::Compress(orders, is_kept), di, orders_ + kept);
      hn::StoreU(hn::Compress(keys, is_kept), di, keys_ + kept);
      kept += static_cast<int64_t>(hn::CountTrue(di, is_kept));
    }
    size_ = kept;
  }

  /// Keeps the orders above `tied`, and the first `equal` of those that equal it.
  void keep_above(int64_t tied, int64_t equal) {
    int64_t kept = 0;
    for (int64_t i = 0; i < size_; ++i) {
      if (orders_[i] < tied || (orders_[i] == tied && equal-- <= 0)) continue;
      orders_[kept] = orders_[i];
      keys_[kept++] = keys_[i];
    }
    size_ = kept;
  }

  int64_t wanted_ = 0;
  int32_t* orders_ = nullptr;
  int32_t* keys_ = nullptr;
  int64_t size_ = 0;
  float least_ = -std::numeric_limits<float>::infinity();
};

}  // namespace attnbench::kernels
