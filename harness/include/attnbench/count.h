// A number of bytes, elements or operations that can't wrap around.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace attnbench {

/// A number from 0 to 2^63 - 1. A sum or product that exceeds this saturates: it stays at 2^63 - 1,
/// which stands for "so many or more". The constructor is explicit, so that nobody returns a
/// product of plain integers, which wraps around, as a Count by mistake: use count().
class Count {
 public:
  constexpr Count() = default;
  /// A negative integer can only be a product that has wrapped around, so it saturates.
  template <std::integral T>
  constexpr explicit Count(T value)
      : value_(std::in_range<int64_t>(value) && value >= T{} ? static_cast<int64_t>(value)
                                                             : kMost) {}

  constexpr int64_t value() const { return value_; }
  constexpr bool saturated() const { return value_ == kMost; }

  friend constexpr Count operator+(Count a, Count b) {
    return a.value_ > kMost - b.value_ ? Count(kMost) : Count(a.value_ + b.value_);
  }
  friend constexpr Count operator*(Count a, Count b) {
    return b.value_ != 0 && a.value_ > kMost / b.value_ ? Count(kMost) : Count(a.value_ * b.value_);
  }
  friend constexpr auto operator<=>(Count, Count) = default;

 private:
  static constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  int64_t value_ = 0;
};

/// The product of integers and counts: count(p.batch, p.heads, p.q_len, sizeof(float)).
template <class... Factors>
constexpr Count count(Factors... factors) {
  return (Count(1) * ... * Count(factors));
}

}  // namespace attnbench
