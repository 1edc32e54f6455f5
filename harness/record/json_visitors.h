// Visitors that take a struct's fields to a JSON object and back.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "record/axes.h"
#include "record/json.h"
#include "record/run_lengths.h"

namespace attnbench::record::visit {

/// A struct that has a `fields` overload of its own and stands inside another.
template <class T>
concept Nested = std::is_same_v<T, Growth> || std::is_same_v<T, Theory> ||
    std::is_same_v<T, Noise> || std::is_same_v<T, Counters>;

/// A number that may not have been measured: a record without it is complete.
template <class T>
concept MayBeAbsent = std::is_same_v<T, Noise> || std::is_same_v<T, Counters>;

/// Writes each field that it visits into a JSON object.
class Writer {
 public:
  template <class T>
  void operator()(const char* name, T& value) {
    if constexpr (Nested<T>) {
      Writer inner;
      fields(inner, value);
      object_[name] = std::move(inner.object_);
    } else {
      object_[name] = value;
    }
  }
  void operator()(const char* name, double& value) {
    object_[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  void operator()(const char* name, Outcome& value) { object_[name] = outcome_name(value); }
  void operator()(const char* name, Pages& value) {
    object_[name] = kPageNames[static_cast<size_t>(value)];
  }
  void operator()(const char* name, std::optional<int64_t>& value) {
    object_[name] = value ? Json(*value) : Json(nullptr);
  }
  void operator()(const char* name, std::optional<double>& value) {
    object_[name] = value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
  }
  void operator()(const char* name, std::vector<std::pair<std::string, int64_t>>& pairs) {
    Json inner = Json::object();
    for (const auto& [key, value] : pairs) inner[key] = value;
    object_[name] = std::move(inner);
  }

  void operator()(const char* name, std::vector<int64_t>& counts) {
    object_[name] = run_lengths(counts);
  }

  template <class T>
  void optional(const char* name, T& value) {
    (*this)(name, value);
  }

  /// A record lacks this field if it is empty.
  template <class T>
  void unless_empty(const char* name, T& value) {
    if (!value.empty()) (*this)(name, value);
  }

  void unless_zero(const char* name, int64_t value) {
    if (value != 0) (*this)(name, value);
  }
  void unless_none(const char* name, std::optional<double>& value) {
    if (value) (*this)(name, value);
  }

  /// A record lacks these structs if they are `absent`.
  template <class T>
  void unless(const char* name, std::vector<T>& structs, bool absent) {
    if (absent) return;
    Json& list = object_[name] = Json::array();
    for (T& value : structs) {
      Writer inner;
      fields(inner, value);
      list.push_back(std::move(inner.object_));
    }
  }

  void operator()(const Axis& axis, Case& c) { object_[axis.name] = value_json(axis, axis.get(c)); }

  Json object_ = Json::object();
};

/// Fills each field that it visits from a JSON object; throws RecordError, with the place, on a
/// wrong type.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw RecordError(where_ + ": expected an object");
  }

  template <class T>
  void operator()(const char* name, T& value) {
    if (MayBeAbsent<T> && !object_.contains(name)) return;
    const Json& j = at(name);
    if constexpr (Nested<T>) {
      Reader inner(j, where_ + "/" + name);
      fields(inner, value);
    } else if constexpr (std::is_same_v<T, bool>) {
      expect(j.is_boolean(), name, "true or false");
      value = j.get<bool>();
    } else if constexpr (std::is_integral_v<T>) {
      value = integer<T>(j, name);
    } else {
      expect(j.is_string(), name, "a string");
      value = j.template get<std::string>();
    }
  }
  void operator()(const char* name, double& value) {
    const Json& j = at(name);
    expect(j.is_number() || j.is_null(), name, "a number or null");
    value = j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
  }
  void operator()(const char* name, Outcome& value) {
    const Json& j = at(name);
    for (const Outcome o : {Outcome::kPending, Outcome::kOk, Outcome::kSkipped, Outcome::kInvalid,
                            Outcome::kFailed, Outcome::kTimeout}) {
      if (j == outcome_name(o)) {
        value = o;
        return;
      }
    }
    expect(false, name, "one of pending, ok, skipped, invalid, failed, timeout");
  }
  void operator()(const char* name, Pages& value) {
    const Json& j = at(name);
    value = j == kPageNames[1] ? Pages::kSmall : Pages::kHuge;
    expect(j == kPageNames[static_cast<size_t>(value)], name, "huge or small");
  }
  void operator()(const char* name, std::optional<int64_t>& value) {
    const Json& j = at(name);
    value.reset();
    if (!j.is_null()) value = integer<int64_t>(j, name);
  }
  void operator()(const char* name, std::optional<double>& value) {
    value.reset();
    if (!object_.contains(name)) return;
    const Json& j = at(name);
    expect(j.is_number() || j.is_null(), name, "a number or null");
    if (!j.is_null()) value = j.get<double>();
  }
  void operator()(const char* name, std::vector<std::pair<std::string, int64_t>>& pairs) {
    const Json& j = at(name);
    expect(j.is_object(), name, "an object of integers");
    pairs.clear();
    for (const auto& [key, value] : j.items())
      pairs.emplace_back(key, integer<int64_t>(value, name));
  }
  void operator()(const char* name, std::map<std::string, std::string>& texts) {
    const Json& j = at(name);
    texts.clear();
    expect(j.is_object(), name, "an object of strings");
    for (const auto& [key, text] : j.items()) {
      expect(text.is_string(), name, "an object of strings");
      texts[key] = text.get<std::string>();
    }
  }
  void operator()(const char* name, std::vector<int64_t>& counts) {
    const Json& j = at(name);
    const auto read = j.is_string() ? counts_of(j.get_ref<const std::string&>()) : std::nullopt;
    expect(read.has_value(), name, "counts such as \"16x3 0\"");
    counts = *read;
  }

  /// Older records lack this field, which then keeps its value.
  template <class T>
  void optional(const char* name, T& value) {
    if (object_.contains(name)) (*this)(name, value);
  }
  template <class T>
  void unless_empty(const char* name, T& value) {
    optional(name, value);
  }

  void unless_zero(const char* name, int64_t& value) { optional(name, value); }
  void unless_none(const char* name, std::optional<double>& value) { (*this)(name, value); }

  template <class T>
  void unless(const char* name, std::vector<T>& structs, bool /*absent*/) {
    if (!object_.contains(name)) return;
    structs.clear();
    for (const Json& j : array(name)) {
      Reader inner(j, place(name) + "/" + std::to_string(structs.size()));
      fields(inner, structs.emplace_back());
    }
    expect(!structs.empty(), name, "at least one element");
  }

  /// An axis that older records lack keeps its value, which is the standard one.
  void operator()(const Axis& axis, Case& c) {
    if (axis.since_first || object_.contains(axis.name)) axis.set(c, axis_value(axis));
  }

  std::string place(const char* name) const { return where_ + "/" + name; }
  const Json& array(const char* name) {
    const Json& j = at(name);
    expect(j.is_array(), name, "a list");
    return j;
  }
  void expect(bool holds, const char* name, const std::string& wanted) const {
    if (!holds) throw RecordError(where_ + "/" + name + ": expected " + wanted);
  }
  const Json& at(const char* name) const {
    const auto it = object_.find(name);
    if (it == object_.end()) throw RecordError(where_ + "/" + name + ": missing");
    return *it;
  }

 private:
  AxisValue axis_value(const Axis& axis) {
    const Json& j = at(axis.name);
    switch (axis.type()) {
      case AxisType::kInteger: {
        const auto value = integer<int64_t>(j, axis.name);
        expect(value <= axis.field.most, axis.name,
               "an integer up to " + std::to_string(axis.field.most));
        return value;
      }
      case AxisType::kNumber: {
        double number = 0;
        (*this)(axis.name, number);
        return number;
      }
      case AxisType::kFlag: {
        bool flag = false;
        (*this)(axis.name, flag);
        return int64_t{flag};
      }
      case AxisType::kText: {
        std::string text;
        (*this)(axis.name, text);
        expect(!text.empty() && text.size() <= kMostAxisText, axis.name,
               "a text of 1 to " + std::to_string(kMostAxisText) + " bytes");
        return text;
      }
      case AxisType::kName:
        break;
    }
    std::string wanted;
    for (size_t i = 0; i < axis.names.size(); ++i) {
      if (j == axis.names[i]) return static_cast<int64_t>(i);
      wanted += (i == 0 ? "one of " : ", ") + std::string(axis.names[i]);
    }
    expect(false, axis.name, wanted);
    return int64_t{0};
  }

  template <class T>
  T integer(const Json& j, const char* name) const {
    const auto out_of_range = [&] {
      expect(false, name,
             "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                 std::to_string(std::numeric_limits<T>::max()));
    };
    if (j.is_number_unsigned()) {
      if (!std::in_range<T>(j.get<uint64_t>())) out_of_range();
      return static_cast<T>(j.get<uint64_t>());
    }
    if (!j.is_number_integer() || !std::in_range<T>(j.get<int64_t>())) out_of_range();
    return static_cast<T>(j.get<int64_t>());
  }

  const Json& object_;
  std::string where_;
};

}  // namespace attnbench::record::visit
