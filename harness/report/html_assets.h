// The parts of the pages that are the same for every run, built from the files in html/.
#pragma once

#include <string_view>

namespace attnbench::report {

extern const std::string_view kPageStyle;

/// Mustache templates.
extern const std::string_view kHeadTemplate;         ///< The head of every page.
extern const std::string_view kPageTemplate;         ///< report.html.
extern const std::string_view kGlanceTemplate;       ///< The top of report.html.
extern const std::string_view kPatternsTemplate;     ///< A section of report.html.
extern const std::string_view kWeightsTemplate;      ///< Heat maps, in report.html or alone.
extern const std::string_view kWeightsPageTemplate;  ///< A page with only heat maps.
extern const std::string_view kComparisonTemplate;   ///< The two-run page.

/// A page with charts holds kScriptBegin (Chart.js and the shared code), the page's own script, and
/// kScriptEnd.
extern const std::string_view kScriptBegin;
extern const std::string_view kRunScript;
extern const std::string_view kComparisonScript;
extern const std::string_view kScriptEnd;

}  // namespace attnbench::report
