// Checks what the types of a record cannot express.
#pragma once

#include <cstdint>
#include <string>

#include "record/record.h"

namespace attnbench::record {

/// Throws RecordError, with the place, if fields contradict each other or are impossible: lengths
/// below 1, heads that kv_heads does not divide, samples of rounds that the run does not have. A
/// record that passes can be analyzed without a division by zero or an overflow.
void require_sane(const Run& run);

/// The same for one probe of a case; `where` is its place, without the probe's name.
void require_sane(const Probe& probe, const std::string& where);

/// The same for the quality of a case with so many heads; `where` is its place.
void require_sane(const Quality& quality, int64_t heads, const std::string& where);

}  // namespace attnbench::record
