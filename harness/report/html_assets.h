// The parts of the report page that are the same for every run; built from the files in html/.
#pragma once

#include <string_view>

namespace attnbench::report {

extern const std::string_view kPageTemplate;  ///< Mustache.
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;  ///< Chart.js, then the page's own scripts.

}  // namespace attnbench::report
