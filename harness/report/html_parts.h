// Values for the templates of the pages. Text is made printable here; the template engine escapes
// it.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"
#include "report/weights.h"

namespace attnbench::report {

using TemplateData = kainjow::mustache::data;

TemplateData flag(bool value);

enum class Scripts : bool { kWithout, kWith };

/// Sets "title", and what head.html shows. A page without scripts may run none.
void add_head(TemplateData& page, const std::string& title, Scripts scripts);

/// A list of objects that hold "text".
TemplateData lines(const std::vector<std::string>& texts);

/// Sets "has_patterns", and what the section patterns.html shows of a run.
void add_patterns(TemplateData& page, const record::Run& run);

/// Sets "has_weights", and what weights.html shows: one heat map a view.
void add_weights(TemplateData& page, const std::vector<WeightsView>& views);

/// A template of ours with its values. Throws std::logic_error where it is malformed.
std::string render(std::string_view page_template, TemplateData& values);

}  // namespace attnbench::report
