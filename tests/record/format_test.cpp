// Numbers for people: units, digits and the edges between them.
#include "record/format.h"

#include <limits>

#include "catch.h"

using namespace attnbench::record;

TEST_CASE("Bytes are shown in binary units without trailing zeros") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(512) == "512 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1 KiB");
  CHECK(format_bytes(64 * 0x1p20) == "64 MiB");
  CHECK(format_bytes(1.5 * 0x1p30) == "1.5 GiB");
  CHECK(format_bytes(68.71947 * 0x1p30) == "68.7 GiB");
  CHECK(format_bytes(-3 * 0x1p10) == "-3 KiB");
}

TEST_CASE("A count that is saturated at 2^63 - 1 is marked") {
  CHECK(format_bytes(static_cast<double>(std::numeric_limits<int64_t>::max())) == "≥ 8 EiB");
  CHECK(format_count(static_cast<double>(std::numeric_limits<int64_t>::max())) == "≥ 9.22 E");
  CHECK(format_bytes(0x1p62) == "4 EiB");
  CHECK(format_count(0x1p62) == "4.61 E");
}

TEST_CASE("A value that rounds up to the next unit is shown in that unit") {
  CHECK(format_bytes(0x1p30 - 1) == "1 GiB");
  CHECK(format_time(0.0009999) == "1.00 ms");
  CHECK(format_count(999999) == "1.00 M");
  CHECK(format_number(9.999, 3) == "10.0");
}

TEST_CASE("Times have three digits and a fitting unit") {
  CHECK(format_time(0) == "0 s");
  CHECK(format_time(8.5e-7) == "850 ns");
  CHECK(format_time(1.3e-6) == "1.30 µs");
  CHECK(format_time(0.0013) == "1.30 ms");
  CHECK(format_time(12) == "12.0 s");
  CHECK(format_time(119.4) == "119 s");
  CHECK(format_time(150) == "2.50 min");
  CHECK(format_time(3600 * 12.5) == "12.5 h");
}

TEST_CASE("Counts take SI steps from 1000 on") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(12.5) == "12.5");
  CHECK(format_count(12600) == "12.6 k");
  CHECK(format_count(1e9) == "1.00 G");
  CHECK(format_count(1.5e22) == "≥ 15000 E");
}

TEST_CASE("Plain numbers are rounded to significant digits and keep trailing zeros") {
  CHECK(format_number(1.984, 3) == "1.98");
  CHECK(format_number(2, 3) == "2.00");
  CHECK(format_number(0.03, 2) == "0.030");
  CHECK(format_number(12345.6, 3) == "12346");
  CHECK(format_number(-0.5, 1) == "-0.5");
  CHECK(format_number(0, 3) == "0.00");
}

TEST_CASE("Numbers far from one are written with an exponent") {
  CHECK(format_number(1.234e-9, 2) == "1.2e-9");
  CHECK(format_number(2e20, 2) == "2.0e20");
}

TEST_CASE("A number that is not finite is shown as n/a") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(format_bytes(nan) == "n/a");
  CHECK(format_time(infinity) == "n/a");
  CHECK(format_count(-infinity) == "n/a");
  CHECK(format_number(nan, 3) == "n/a");
}
