// Parts of a study's page: values for its template.
#pragma once

#include <string>
#include <string_view>

#include "report/html_parts.h"
#include "study/figure.h"
#include "study/judge.h"
#include "study/shown_table.h"

namespace attnbench::study {

using report::TemplateData;

/// Printable text with the characters escaped to which HTML gives a meaning.
std::string html_text(std::string_view text);

TemplateData claim_data(const Judged& judged);
TemplateData figure_data(const Figure& figure, const std::string& id);
TemplateData table_data(const ShownTable& table);

}  // namespace attnbench::study
