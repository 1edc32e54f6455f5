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

/// The text, printable, or false if it is empty, so that the template leaves its place out.
TemplateData if_any(const std::string& text);

enum class Scripts : bool { kWithout, kWith };

/// Sets "title" and the other values of head.html. A page without scripts forbids scripts.
void add_head(TemplateData& page, const std::string& title, Scripts scripts);

/// A list of objects, each with one line as its "text".
TemplateData lines(const std::vector<std::string>& texts);

/// Sets "has_patterns" and the other values of patterns.html, from the run's patterns.
void add_patterns(TemplateData& page, const record::Run& run);

/// Sets "has_weights" and the other values of weights.html: one heat map for each view.
void add_weights(TemplateData& page, const std::vector<WeightsView>& views);

/// Fills a page template. Throws std::logic_error if the template is malformed.
std::string render(std::string_view page_template, TemplateData& values);

}  // namespace attnbench::report
