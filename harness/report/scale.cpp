// Chooses limits and ticks.
#include "report/scale.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "record/format.h"

namespace attnbench::report {
namespace {

constexpr double kLargeSpread = 8;

/// digit * 10^exponent, rounded but once: its shortest text has one digit.
double decimal(int digit, int exponent) {
  std::string text = std::to_string(digit);
  text.append("e").append(std::to_string(exponent));
  return std::strtod(text.c_str(), nullptr);
}

std::string power_of_ten(double value) {
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double digit = std::round(value / std::pow(10, exponent));
  const std::string power = "10^{" + std::to_string(exponent) + "}";
  return digit == 1 ? power : record::shortest(digit) + "·" + power;
}

std::string number_label(double value) {
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e5)) return power_of_ten(value);
  return record::shortest(std::round(value * 1e6) / 1e6);
}

struct Unit {
  double size;
  const char* name;
};
constexpr Unit kTimeUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}};
constexpr Unit kByteUnits[] = {{0x1p60, "EiB"}, {0x1p50, "PiB"}, {0x1p40, "TiB"}, {0x1p30, "GiB"},
                               {0x1p20, "MiB"}, {0x1p10, "KiB"}, {1, "B"}};

template <size_t N>
std::string with_unit(double value, const Unit (&units)[N]) {
  const Unit* unit = std::find_if(std::begin(units), std::end(units),
                                  [&](const Unit& u) { return value >= u.size * (1 - 1e-9); });
  if (unit == std::end(units)) --unit;
  return number_label(value / unit->size) + " " + unit->name;
}

std::string label(Format format, double value) {
  switch (format) {
    case Format::kTime:
      return with_unit(value, kTimeUnits);
    case Format::kBytes:
      return with_unit(value, kByteUnits);
    default:
      return number_label(value);
  }
}

/// Labels on 1, 2 and 5 of each decade if the scale is short, else on decades, or on some of them.
std::vector<Tick> decimal_ticks(Format format, const Scale& scale) {
  const double decades = std::log10(scale.high / scale.low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 7)));
  std::vector<Tick> ticks;
  for (int e = static_cast<int>(std::floor(std::log10(scale.low))); e <= std::log10(scale.high);
       ++e)
    for (int digit = 1; digit <= 9; ++digit) {
      const double value = decimal(digit, e);
      if (value < scale.low * (1 - 1e-9) || value > scale.high * (1 + 1e-9)) continue;
      const bool labelled = decades <= 0.8   ? digit <= 5 || digit == 7
                            : decades <= 2.3 ? digit == 1 || digit == 2 || digit == 5
                                             : digit == 1 && e % stride == 0;
      if (labelled)
        ticks.push_back({value, label(format, value)});
      else if (stride == 1)
        ticks.push_back({value, {}});
    }
  return ticks;
}

std::vector<Tick> binary_ticks(const Scale& scale) {
  const double span = std::log2(scale.high / scale.low);
  const int stride = std::max(1, static_cast<int>(std::ceil(span / 7)));
  std::vector<Tick> ticks;
  for (int e = static_cast<int>(std::floor(std::log2(scale.low))); e <= std::log2(scale.high); ++e)
    if (e % stride == 0 && std::pow(2, e) >= scale.low)
      ticks.push_back({std::pow(2, e), label(Format::kBytes, std::pow(2, e))});
  return ticks;
}

/// A step of 1, 2 or 5 times a power of ten that cuts `span` into 4 to 10 parts.
double round_step(double span) {
  const double power = std::pow(10, std::floor(std::log10(span / 4)));
  for (const double step : {5.0, 2.0})
    if (span / (step * power) >= 4) return step * power;
  return power;
}

Scale linear(Format format, double low, double high) {
  if (low >= 0) low = 0;
  if (high <= low) high = low + 1;
  const double step = round_step(high - low);
  Scale scale{false, std::floor(low / step) * step, std::ceil(high / step * (1 + 1e-9)) * step, {}};
  for (double i = std::round(scale.low / step); i * step <= scale.high * (1 + 1e-9); ++i)
    scale.ticks.push_back({i * step, label(format, i * step)});
  return scale;
}

}  // namespace

bool is_logarithmic(Format format, const std::vector<double>& values) {
  double low = INFINITY, high = 0;
  bool negative = false;
  for (const double v : values) {
    negative = negative || v < 0;
    if (v > 0) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  if (negative || high == 0 || format == Format::kPercent) return false;
  return format != Format::kNumber || high / low > kLargeSpread;
}

Scale value_scale(Format format, const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (!is_logarithmic(format, values)) return linear(format, *least, *most);
  double low = *most;
  for (const double v : values)
    if (v > 0) low = std::min(low, v);
  // Some air, and more if the values are close: then small differences do not fill the picture.
  const double air = std::max(1.15, std::sqrt(3 / std::max(1.0, *most / low)));
  Scale scale{true, low / air, *most * air, {}};
  scale.ticks = format == Format::kBytes ? binary_ticks(scale) : decimal_ticks(format, scale);
  return scale;
}

Scale measured_scale(std::vector<double> values, double characters) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const double least = values.front(), most = values.back();
  constexpr double kWorthALogarithm = 4;
  Scale scale{least > 0 && most / least >= kWorthALogarithm, least, most, {}};
  const auto place = [&](double v) { return scale.logarithmic ? std::log(v) : v; };
  const double span = place(most) - place(least);
  const double air = span > 0 ? 0.05 * span : 0.5;
  scale.low = scale.logarithmic ? least * std::exp(-air) : least - air;
  scale.high = scale.logarithmic ? most * std::exp(air) : most + air;
  double free_below = INFINITY;  // In characters, from the left end.
  for (auto it = values.rbegin(); it != values.rend(); ++it) {
    std::string text = number_label(*it);
    if (*it >= 1e5 && *it < 1e9) text = record::shortest(*it);
    const double half = (static_cast<double>(text.size()) + 1) / 2;
    const double middle = span > 0 ? (place(*it) - place(least)) / span * characters : 0;
    const bool fits = middle + half <= free_below;
    if (fits) free_below = middle - half;
    scale.ticks.insert(scale.ticks.begin(), {*it, fits ? text : std::string()});
  }
  return scale;
}

}  // namespace attnbench::report
