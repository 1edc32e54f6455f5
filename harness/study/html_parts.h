// Parts of a study's page: values for its template.
#pragma once

#include <string>
#include <string_view>

#include "report/html_parts.h"
#include "study/figure.h"
#include "study/judge.h"

namespace attnbench::study {

using report::TemplateData;

/// Printable text with the characters escaped to which HTML gives a meaning.
std::string html_text(std::string_view text);

/// "holds", "does-not-hold", "cannot-tell".
std::string verdict_class(Verdict verdict);
/// "✓", "✗" or "?".
const char* verdict_mark(Verdict verdict);

TemplateData claim_data(const Judged& judged);
TemplateData figure_data(const Figure& figure, const std::string& id);
/// The published table beside what was measured: three rows a series, if it stands for one here.
TemplateData table_data(const PublishedTable& table, const StudyRun& run);

}  // namespace attnbench::study
