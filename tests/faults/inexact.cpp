// Right variants of the kinds that no shipped variant need be of, for tests of the program.
#include "attnbench/register.h"
#include "measure/defined_variants.h"

namespace attnbench {
namespace {

const Info kLeakySumInfo{
    "leaky_sum", "a leaky sum of the values", Kind::kBaseline, "-", nullptr, 0, "sums values up"};
const Info kTopTwoInfo{"top_two", "each query's two best keys", Kind::kApproximate, "-"};

const measure::test::LeakySum kLeakySum{};
const measure::test::TopTwo kTopTwo{};
Registration leaky_sum{&kLeakySumInfo, &kLeakySum, nullptr};
Registration top_two{&kTopTwoInfo, &kTopTwo, nullptr};
[[maybe_unused]] const bool registered = add_registration(leaky_sum) && add_registration(top_two);

}  // namespace
}  // namespace attnbench
