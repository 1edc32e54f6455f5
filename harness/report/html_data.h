// The numbers that the pages draw, as one block of JSON.
#pragma once

#include <map>
#include <string>

#include "analyze/analysis.h"
#include "record/json.h"
#include "record/record.h"

namespace attnbench::report {

/// Named lists of equal length. Those named in the constructor exist even without values.
class Columns {
 public:
  explicit Columns(std::initializer_list<const char*> names = {}) {
    for (const char* name : names) columns_[name] = record::Json::array();
  }
  void add(const std::string& name, record::Json value) {
    columns_[name].push_back(std::move(value));
  }
  record::Json take() { return std::move(columns_); }

 private:
  record::Json columns_ = record::Json::object();
};

/// A list that holds each text once, and the index of each text in the list. What is given is
/// printable.
class Texts {
 public:
  size_t index(const std::string& text);
  record::Json take() { return std::move(list_); }

 private:
  std::map<std::string, size_t> known_;
  record::Json list_ = record::Json::array();
};

/// The axes, groups and series of a sweep, without its cases. Of each axis: whether its values are
/// numbers, whether a larger one takes more time and memory, and whether all do the same work.
record::Json sweep_json(const record::Run& run, const analyze::Analysis& analysis);

/// Compact ASCII JSON without "<", which could begin the end tag of the script element around it.
std::string script_safe(const record::Json& json);

/// The run as harness/report/html/data.js reads it: `script_safe` JSON with one column for each
/// quantity of cases and samples.
std::string html_data(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
