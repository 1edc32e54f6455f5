// The axes of a sweep, in one table: config, schema, plan, record and every report loop over it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "record/record.h"

namespace attnbench::record {

/// One value of an axis: a number, an integer, or a text. A flag is the integer 0 or 1; a name is
/// its index among the axis's names.
using AxisValue = std::variant<int64_t, double, std::string>;

/// Bytes of the longest text that is an axis's value.
inline constexpr size_t kMostAxisText = 1000;

enum class AxisType { kInteger, kNumber, kFlag, kName, kText };

/// The member of Case or Problem that holds an axis's value.
struct AxisField {
  AxisType type = AxisType::kInteger;
  AxisValue (*get)(const Case&) = nullptr;
  void (*set)(Case&, const AxisValue&) = nullptr;
  int64_t most = 0;  ///< The largest integer that the member can hold.
};

/// The type follows from the member's: a bool is a flag, an enum has names (its values count from
/// 0, as Axis::names does), a string is a text.
template <auto Member>
constexpr AxisField axis_field();

/// What an axis belongs to, in the order in which a plan nests the axes: lengths vary fastest.
enum class AxisGroup { kProblem, kRun, kLength };

/// One axis: a row of the table. The defaults are safe for a new axis.
struct Axis {
  const char* name;
  AxisField field;
  const char* doc = nullptr;  ///< For the config's schema. Null: a config does not sweep it.
  /// Limits in a config. A number may also be 0, which stands for none.
  AxisValue least = int64_t{1};
  AxisValue most = int64_t{1};
  std::span<const char* const> names = {};  ///< Of an enum, in the order of its values.
  /// The value if a config does not name the axis. If empty, the axis takes the value of `follows`.
  std::optional<AxisValue> standard = {};
  const char* follows = nullptr;
  AxisGroup group = AxisGroup::kProblem;
  bool more_is_larger = false;  ///< Whether a larger value takes more time and memory.
  bool in_series = true;        ///< Whether cases that differ in it are in different series.
  bool changes_keys = true;     ///< Whether it may change which keys a query sees.
  bool recorded = true;         ///< Whether records and names of benchmarks hold it.
  /// Whether even the first records hold it. Then no record may lack it, and every benchmark's name
  /// contains it. If a record lacks a later axis, its value is the standard one, and a benchmark's
  /// name contains a later axis only if its value is another.
  bool since_first = false;
  /// Whether its values are ways to do the same work. If not, the time at one value over that at
  /// another tells nothing of the axis.
  bool same_work = true;
  /// Whether charts show all of its values at first, side by side, and not one of them.
  bool side_by_side = false;
  int64_t most_recorded = int64_t{1} << 40;  ///< A record that holds more is refused.
  /// How a case's value reads in the description of its problem; empty if it goes without saying.
  /// Null: "NAME VALUE", or "VALUE NAME" for an enum and a text, which go without saying if they
  /// have the standard value.
  std::string (*words)(const Case&) = nullptr;
  /// How a case's value reads where cases differ in it; unused if the axis has `words`. Null:
  /// "VALUE NAME" for an enum and a text, else "NAME VALUE".
  std::string (*told)(const Case&) = nullptr;
  /// For CSV: the number that the value stands for. Null: the value itself.
  double (*resolved)(const Case&) = nullptr;

  AxisType type() const { return field.type; }
  AxisValue get(const Case& c) const { return field.get(c); }
  void set(Case& c, const AxisValue& value) const { field.set(c, value); }
  bool swept() const { return doc != nullptr; }
  /// Whether its values are words of their own, such as "small": no numbers and no flags.
  bool has_words() const { return type() == AxisType::kName || type() == AxisType::kText; }
  bool is_numeric() const { return type() == AxisType::kInteger || type() == AxisType::kNumber; }
  /// The value if a config says nothing of this axis but has the other values of `c`; empty if it
  /// must say something.
  std::optional<AxisValue> standard_in(const Case& c) const;
  bool is_standard(const Case& c) const { return standard_in(c) == get(c); }
};

/// The table, in the order in which every file lists axes.
std::span<const Axis> axes();

/// The axis of this name. Throws std::out_of_range.
const Axis& axis_named(std::string_view name);

/// "8", "0.125", "true", "huge".
std::string value_text(const Axis& axis, const AxisValue& value);

/// What a config would give for the axis: none for a q_len that is seq_len, and for the number 0.
std::optional<AxisValue> given_value(const Axis& axis, const Case& c);

/// How the case's value reads in the description of its problem: "causal", "small pages"; empty if
/// it goes without saying.
std::string axis_words(const Axis& axis, const Case& c);

/// The same where it does not go without saying, because cases differ in it: "huge pages", "batch
/// 1". Empty if the axis has words of its own and they are none: those of another axis say it.
std::string told_words(const Axis& axis, const Case& c);

/// The recorded values of the axes for which `takes` is true.
std::vector<AxisValue> values_of(const Case& c, bool (*takes)(const Axis&));

/// The values that the cases of a series share: without the lengths that the sweep varies.
std::vector<AxisValue> series_values_of(const Case& c, bool (*takes)(const Axis&));

inline bool any_axis(const Axis&) {
  return true;
}
inline bool changes_keys(const Axis& axis) {
  return axis.changes_keys;
}

namespace detail {

template <class Class, class Type>
Class class_of(Type Class::*);
template <class Class, class Type>
Type type_of(Type Class::*);

template <auto Member, class AnyCase>
auto& held_in(AnyCase& c) {
  if constexpr (std::is_same_v<decltype(class_of(Member)), Problem>)
    return c.problem.*Member;
  else
    return c.*Member;
}

}  // namespace detail

template <auto Member>
constexpr AxisField axis_field() {
  using T = decltype(detail::type_of(Member));
  constexpr bool kAsItIs = std::is_same_v<T, double> || std::is_same_v<T, std::string>;
  using Held = std::conditional_t<kAsItIs, T, int64_t>;
  AxisField field;
  field.get = [](const Case& c) -> AxisValue {
    return static_cast<Held>(detail::held_in<Member>(c));
  };
  field.set = [](Case& c, const AxisValue& value) {
    detail::held_in<Member>(c) = static_cast<T>(std::get<Held>(value));
  };
  if constexpr (std::is_same_v<T, bool>) field.type = AxisType::kFlag;
  if constexpr (std::is_same_v<T, double>) field.type = AxisType::kNumber;
  if constexpr (std::is_same_v<T, std::string>) field.type = AxisType::kText;
  if constexpr (std::is_enum_v<T>) field.type = AxisType::kName;
  if constexpr (std::is_integral_v<T>) field.most = int64_t{std::numeric_limits<T>::max()};
  return field;
}

}  // namespace attnbench::record
