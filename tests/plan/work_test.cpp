// Exact counts of work, compared with counting every key of every query.
#include <set>

#include "catch.h"
#include "fakes.h"
#include "plan/plan.h"

using namespace attnbench;
using plan::testing::catalogue;

namespace {

plan::Work brute_force(const Exact& variant, const Call& call) {
  plan::Work work;
  std::set<int64_t> distinct;
  for (int64_t query = 0; query < call.problem.q_len; ++query)
    for (const KeySpan& span : registry::visible_keys(variant, call, query))
      for (int64_t key = span.begin; key < span.end; key += span.step) {
        ++work.pairs;
        distinct.insert(key);
      }
  work.distinct_keys = static_cast<int64_t>(distinct.size());
  return work;
}

}  // namespace

TEST_CASE("Counts agree with brute force for every shape of pattern") {
  const int64_t window[] = {5, 3};
  for (const char* name : {"full", "window", "scattered"})
    for (const int64_t q_len : {1, 2, 7, 64, 200})
      for (const int64_t kv_len : {1, 3, 64, 199, 1000})
        for (const bool causal : {false, true}) {
          const Exact& variant = *catalogue().find(name)->variant->exact();
          const Call call{{1, 1, 1, q_len, kv_len, 8, causal}, window, 1};
          const plan::Work expected = brute_force(variant, call);
          const plan::Work actual = plan::count_work(variant, call);
          INFO(name << " q_len " << q_len << " kv_len " << kv_len << " causal " << causal);
          CHECK(actual.pairs == expected.pairs);
          CHECK(actual.distinct_keys == expected.distinct_keys);
        }
}

TEST_CASE("Patterns with thousands of separate keys are merged without losing any") {
  const Exact& variant = *catalogue().find("scattered")->variant->exact();
  const Call call{{1, 1, 1, 3000, 4000, 8, false}, nullptr, 1};
  CHECK(plan::count_work(variant, call).distinct_keys == brute_force(variant, call).distinct_keys);
}

TEST_CASE("A causal triangle has n (n + 1) / 2 pairs") {
  const Exact& variant = *catalogue().find("full")->variant->exact();
  const plan::Work work = plan::count_work(variant, {{1, 1, 1, 1000, 1000, 8, true}, nullptr, 1});
  CHECK(work.pairs == 500500);
  CHECK(work.distinct_keys == 1000);
}
