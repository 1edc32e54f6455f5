// Series that differ in their param `seed` alone: draws of one variant.
#pragma once

#include <span>
#include <vector>

#include "record/record.h"

namespace attnbench::analyze {

/// The case without its param `seed`, in its params and in its label; as it is if it has none.
record::Case without_seed(record::Case c);

/// Whether two cases differ in their seed alone, as far as variant, params and label go. A case
/// without a seed is nobody's draw.
bool are_draws_of_one(const record::Case& a, const record::Case& b);

/// Cases that are draws of one variant, or a single case.
struct Draws {
  record::Case like;       ///< The first of the cases, without its seed.
  std::vector<int> cases;  ///< Into Run::cases.
};

/// Puts draws of one variant together, in the order of their first cases. The cases have one
/// problem.
std::vector<Draws> gather_draws(const record::Run& run, std::span<const int> cases);

}  // namespace attnbench::analyze
