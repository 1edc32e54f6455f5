// Reads what probes found.
#pragma once

#include <vector>

#include "record/record.h"
#include "study/reading.h"

namespace attnbench::study {

/// Fills in what the probe found in this case at the pick's distance and number of pairs.
void read_probe(Reading& reading, const QuantityRow& row, const Pick& pick,
                const record::CaseRecord& c);

/// The same at each distance, ascending; `like` is a reading of the case.
std::vector<Reading> read_points(const Reading& like, const QuantityRow& row, const Pick& pick,
                                 const record::CaseRecord& c);

}  // namespace attnbench::study
