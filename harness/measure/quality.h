// How far a variant's definition is from full attention on the inputs at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attnbench/variant.h"
#include "measure/truth.h"
#include "record/record.h"

namespace attnbench::measure {

/// What a variant computes, by its definition in double and never by what a kernel wrote: hands out
/// these rows, as tell_truth does.
using Definition = std::function<void(std::span<const int64_t> rows, const TakeTruth& take)>;

/// The definition of a variant of any kind. Refers to all three arguments.
Definition definition_of(const Variant& variant, const Call& call, const Inputs& inputs);

/// The rows on which the distance is measured, ascending: as many in each head, spread evenly over
/// queries and batches, each at random within its stretch. At least 4 a head and 64 in all, as far
/// as there are so many; more if keys are few. Another variant on the same problem and seed gets
/// the same rows.
std::vector<int64_t> quality_rows(const Problem& problem, uint64_t seed);

/// Compares these rows of the definition with full attention over `inputs`. Exactly 0 and a recall
/// of 1 if the definition sees the same keys. If a number cannot be, such as a relative error where
/// full attention is 0, the reason says so.
record::Quality measure_quality(const Problem& problem, const Inputs& inputs,
                                const Definition& definition, const std::vector<int64_t>& rows);

}  // namespace attnbench::measure
