// Which samples have the streaming bandwidth measured right after them.
#include "machine/streaming.h"

#include <algorithm>

#include "catch.h"
#include "machine/machine.h"

namespace attnbench::machine {
namespace {

TEST_CASE("A call that moves less than twice the last-level cache gets no bandwidth measured") {
  const record::Machine machine = read_machine();
  const int64_t cache = std::max({machine.l3_bytes, machine.l2_bytes, int64_t{16} << 20});
  const auto pages = record::Pages::kHuge;
  CHECK_FALSE(stream_rates_after(1, pages, 2 * cache - 1).has_value());
  const std::optional<StreamRates> rates = stream_rates_after(1, pages, 2 * cache);
  REQUIRE(rates.has_value());
  CHECK(rates->stream_gbs > 0);
  CHECK(rates->read_gbs > 0);
}

TEST_CASE("What fits into a cache is read again and again, by threads that each have a part") {
  for (const int64_t bytes : {int64_t{1}, int64_t{65536}, int64_t{1000001}})
    for (const int threads : {1, 2}) {
      const double gbs = rereading_gbs(bytes, threads, record::Pages::kSmall, 2);
      // A cache line in 6 us: no machine is that slow, but a burst of 5 ms that counts as one round
      // of a line would seem to be.
      CHECK(gbs > 0.01);
      // 256 bytes a cycle at 8 GHz: no core is that fast, but rounds that read nothing would be.
      CHECK(gbs < 2048 * threads);
    }
}

}  // namespace
}  // namespace attnbench::machine
