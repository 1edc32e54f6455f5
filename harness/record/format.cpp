// Numbers for people. Independent of the locale, so that files come out the same everywhere.
#include "record/format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <span>

namespace attnbench::record {
namespace {

struct Unit {
  double size;
  const char* name;
};

std::string to_text(double value, std::chars_format format, int precision) {
  char buffer[400];  // the longest double in fixed notation has 309 digits before the point
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format, precision);
  return error == std::errc() ? std::string(buffer, end) : "n/a";
}

/// The decimal exponent of `value` once it is rounded: 9.999 to three digits has exponent 1.
int rounded_exponent(double value, int digits) {
  const std::string text = to_text(value, std::chars_format::scientific, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

std::string rounded(double value, int digits) {
  const int decimals = std::max(0, digits - 1 - rounded_exponent(value, digits));
  return to_text(value, std::chars_format::fixed, decimals);
}

/// The largest unit of which the rounded value is at least one. `units` ascend.
const Unit& unit_of(double value, std::span<const Unit> units) {
  for (size_t i = units.size(); i-- > 1;) {
    if (std::fabs(value) < 0.99 * units[i].size) continue;  // Too small even after rounding.
    if (std::fabs(value) >= units[i].size) return units[i];
    const double whole = std::round(units[i].size / units[i - 1].size);  // 1e-3 / 1e-6 is not exact
    if (std::strtod(rounded(std::fabs(value) / units[i - 1].size, 3).c_str(), nullptr) >= whole)
      return units[i];
  }
  return units.front();
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string with_unit(const std::string& number, const Unit& unit) {
  return *unit.name == '\0' ? number : number + ' ' + unit.name;
}

/// Marks a count that may be saturated.
std::string at_least(double count) {
  return count >= 0x1p63 ? "≥ " : "";
}

}  // namespace

std::string format_bytes(double bytes) {
  static constexpr Unit kUnits[] = {{1, "B"},        {0x1p10, "KiB"}, {0x1p20, "MiB"},
                                    {0x1p30, "GiB"}, {0x1p40, "TiB"}, {0x1p50, "PiB"},
                                    {0x1p60, "EiB"}};
  if (!std::isfinite(bytes)) return "n/a";
  const Unit& unit = unit_of(bytes, kUnits);
  return at_least(bytes) + with_unit(without_trailing_zeros(rounded(bytes / unit.size, 3)), unit);
}

std::string format_time(double seconds) {
  static constexpr Unit kUnits[] = {{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}};
  if (!std::isfinite(seconds)) return "n/a";
  if (seconds == 0) return "0 s";
  const double magnitude = std::fabs(seconds);
  if (magnitude >= 7200) return rounded(seconds / 3600, 3) + " h";
  if (magnitude >= 120) return rounded(seconds / 60, 3) + " min";
  const Unit& unit = unit_of(seconds, kUnits);
  return with_unit(rounded(seconds / unit.size, 3), unit);
}

std::string format_count(double count) {
  static constexpr Unit kUnits[] = {{1, ""},     {1e3, "k"},  {1e6, "M"}, {1e9, "G"},
                                    {1e12, "T"}, {1e15, "P"}, {1e18, "E"}};
  if (!std::isfinite(count)) return "n/a";
  const Unit& unit = unit_of(count, kUnits);
  const std::string number = rounded(count / unit.size, 3);
  return at_least(count) +
         with_unit(unit.size == 1 ? without_trailing_zeros(number) : number, unit);
}

std::string format_number(double value, int significant_digits) {
  if (!std::isfinite(value)) return "n/a";
  const double magnitude = std::fabs(value);
  if (magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e15))
    return rounded(value, significant_digits);
  const std::string text = to_text(value, std::chars_format::scientific, significant_digits - 1);
  const size_t e = text.find('e');
  return text.substr(0, e + 1) + std::to_string(std::atoi(text.c_str() + e + 1));
}

std::string format_fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "n/a";
  const std::string text = to_text(value, std::chars_format::fixed, decimals);
  const bool negative_zero =
      text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos;
  return negative_zero ? text.substr(1) : text;
}

std::string plural(int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string shortest(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace attnbench::record
