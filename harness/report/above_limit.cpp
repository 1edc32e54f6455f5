// Puts into words why a percentage of a limit is above 100.
#include "report/above_limit.h"

#include "report/words.h"

namespace attnbench::report {
namespace {

/// Matrix products over the pairs of query and key, of 2 head_dim FLOPs a pair each: as many as are
/// counted, and the fewest that a variant can do.
struct Products {
  int counted = 1;
  int fewest = 1;
};

Products products_of(const record::Case& plan) {
  if (plan.kind != "exact" || !record::trains(plan.pass)) return {};
  return plan.pass == record::Pass::kBackward ? Products{5, 4} : Products{7, 6};
}

}  // namespace

double most_percent_of_peak(const record::Case& plan) {
  const Products products = products_of(plan);
  return 100.0 * products.counted / products.fewest;
}

std::string fewer_operations_words(const record::Case& plan) {
  const Products products = products_of(plan);
  if (products.fewest == products.counted) return {};
  return " Or the variant kept its weights, and does fewer operations than the " +
         std::to_string(2 * products.counted) + " head_dim a pair that are counted.";
}

std::string above_limit_words(const record::Case& plan, bool by_memory) {
  return kAboveLimit + (by_memory ? std::string() : fewer_operations_words(plan));
}

}  // namespace attnbench::report
