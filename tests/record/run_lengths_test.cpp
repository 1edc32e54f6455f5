// Run-length encoded counts, and texts that are not such counts.
#include "record/run_lengths.h"

#include "catch.h"

using namespace attnbench::record;
using Counts = std::vector<int64_t>;

TEST_CASE("Counts are read back as they were written") {
  CHECK(run_lengths({16, 16, 16, 0, 7, 7}) == "16x3 0 7x2");
  for (const Counts& counts :
       {Counts{}, Counts{0}, Counts{INT64_MAX, 1}, Counts(4096, 9), Counts{1, 2, 1, 1}})
    CHECK(counts_of(run_lengths(counts)) == counts);
}

TEST_CASE("Text that is not run-length encoded, or longer than a picture, is refused") {
  for (const char* text :
       {" ", "1 ", " 1", "1  2", "1x", "x3", "1x0", "1x-2", "-1", "1,2", "1x2x3", "a", "1x4097",
        "1x4096 1", "9223372036854775808", "1x99999999999999999999"})
    CHECK_FALSE(counts_of(text).has_value());
}
