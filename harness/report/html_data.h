// The numbers that the pages draw, as one block of JSON.
#pragma once

#include <map>
#include <string>

#include "analyze/analysis.h"
#include "record/json.h"
#include "record/record.h"

namespace attnbench::report {

/// One list a name, all of one length; those named at the start are there without values, too.
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

/// The place of each text in a list that holds it once.
class Texts {
 public:
  size_t index(const std::string& text);
  record::Json take() { return std::move(list_); }

 private:
  std::map<std::string, size_t> known_;
  record::Json list_ = record::Json::array();
};

/// What a sweep is: axes, groups and series, without its cases.
record::Json sweep_json(const record::Run& run, const analyze::Analysis& analysis);

/// Compact JSON without "<", which could begin the end of the script element that holds it, and
/// with nothing beyond ASCII.
std::string script_safe(const record::Json& json);

/// Compact JSON, quantities of cases and samples as columns; harness/report/html/data.js reads it. Holds no "<"
/// and nothing beyond ASCII, so that it can stand inside a script element.
std::string html_data(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
