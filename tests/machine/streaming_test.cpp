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
  CHECK_FALSE(streaming_gbs_after(1, 2 * cache - 1).has_value());
  CHECK(streaming_gbs_after(1, 2 * cache).value_or(0) > 0);
}

}  // namespace
}  // namespace attnbench::machine
