// Fills the inputs that a variant declares beside q, k and v.
#pragma once

#include <span>

#include "attnbench/variant.h"
#include "measure/number_stream.h"

namespace attnbench::measure {

/// Fills a declared input as its Fill says: `values` has batch * heads * len * dim elements. The
/// same stream gives the same bits on every machine.
void fill_extra(std::span<float> values, const ExtraInput& input, const NumberStream& stream);

}  // namespace attnbench::measure
