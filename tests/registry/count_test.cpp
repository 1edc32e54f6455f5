// Counts saturate where plain integers wrap around.
#include "attnbench/count.h"

#include <type_traits>

#include "catch.h"

using attnbench::Count;
using attnbench::count;

namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

}  // namespace

TEST_CASE("A count that fits into 63 bits is exact") {
  CHECK(Count().value() == 0);
  CHECK(count(3, int64_t{5}, sizeof(float)).value() == 60);
  CHECK(count(int64_t{1} << 31, int64_t{1} << 31).value() == int64_t{1} << 62);
  CHECK((Count(kMost - 1) + Count(0)).value() == kMost - 1);
  CHECK_FALSE(Count(kMost - 1).saturated());
  CHECK(Count(2) < count(3));
}

TEST_CASE("A product or sum beyond 2^63 - 1 saturates and stays so") {
  CHECK(count(int64_t{1} << 31, int64_t{1} << 32).saturated());
  CHECK(count(int64_t{1} << 32, int64_t{1} << 32, 4).saturated());
  CHECK(count(kMost, kMost, kMost).value() == kMost);
  CHECK((Count(kMost) + Count(1)).saturated());
  CHECK((Count(kMost - 3) + Count(4)).saturated());
  CHECK((Count(kMost) * Count(1)).saturated());
  CHECK(Count(uint64_t{1} << 63).saturated());
}

TEST_CASE("Zero times a saturated count is zero") {
  CHECK(count(kMost, 2, 0).value() == 0);
  CHECK(count(0, kMost).value() == 0);
}

TEST_CASE("A negative integer counts as a product that has wrapped around") {
  CHECK(Count(-1).saturated());
  CHECK(count(-5, 2).saturated());
}

TEST_CASE("A plain product does not convert to a count") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<int64_t, Count>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<size_t, Count>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Count, double>);
}
