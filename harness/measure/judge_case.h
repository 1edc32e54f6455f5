// Judges the calls of one case and reports what it finds.
#pragma once

#include <string>

#include "measure/facts.h"
#include "measure/prepared.h"
#include "measure/worker.h"

namespace attnbench::measure {

/// Judges where the last call wrote and, unless its digest is `judged`, that of a right call, what
/// it wrote. Reports what was judged and what is wrong; returns whether the call is right, and its
/// digest in `judged`.
bool stands(const Prepared& prepared, const Task& task, std::string& judged, Facts& facts);

/// Makes one more call, on other inputs, so that no answer kept from an earlier call is right.
/// Those of a softmax over keys show whether each key is seen once. In the training of
/// an exact variant more calls follow: one with a d_out that is 0 but for a few queries, so that
/// all gradients are cheap to know, and one that counts pairs of query and key in them. Reports
/// what was judged and what is wrong; returns whether the calls are right. Overwrites the inputs
/// and d_out.
bool stands_on_other_inputs(Prepared& prepared, const Task& task, Facts& facts);

}  // namespace attnbench::measure
