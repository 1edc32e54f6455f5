// The top of report.html: what went wrong, who wins, the table at a glance, whether to trust it.
#pragma once

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/answer.h"
#include "report/html_parts.h"

namespace attnbench::report {

/// Sets the values of glance.html.
void add_glance(TemplateData& page, const record::Run& run, const analyze::Analysis& analysis,
                const Answer& answer);

}  // namespace attnbench::report
