// Numbers for people: bytes, times and counts with units and sensible digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attnbench::record {

/// Binary units, three significant digits, no trailing zeros: "512 B", "1.5 GiB", "64 MiB". From
/// 2^63 on, at which counts saturate, "≥ 8 EiB".
std::string format_bytes(double bytes);

/// Three significant digits: "850 ns", "1.30 ms", "12.0 s", "2.50 min", "1.25 h".
std::string format_time(double seconds);

/// SI steps, three significant digits from 1000 on: "999", "12.6 k", "1.00 G". From 2^63 on, at
/// which counts saturate, "≥ 9.22 E".
std::string format_count(double count);

/// Rounded to `significant_digits`, trailing zeros kept: "1.98", "0.030", "12346" (digits left of
/// the point are never dropped). Very small and very large values read "1.2e-9". Like all of
/// these functions, it gives "n/a" if the value is not finite.
std::string format_number(double value, int significant_digits);

/// A number with a given count of digits after the point: "0.37".
std::string format_fixed(double value, int decimals);

/// "1 case", "12 cases".
std::string plural(int64_t count, std::string_view noun);

/// The fewest digits that read back as the same number.
std::string shortest(double value);

}  // namespace attnbench::record
