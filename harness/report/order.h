// Which series is faster than which, and from which length on. Without a confidence interval none
// is called faster.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// "Fastest at n = 4096: window, 4.00x [3.88, 4.13] as fast as the next, full."
std::string lead_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const analyze::Lead& lead);

/// "window is faster than full from n = 439 [400, 480], 4.00x at n = 4096."
std::string crossover_sentence(const record::Run& run, const analyze::Analysis& analysis,
                               const analyze::Crossover& crossover);

}  // namespace attnbench::report
