// Tests of the rows that are judged: each stretch of queries and each edge of a tile has some.
#include "measure/sampled_rows.h"

#include <algorithm>
#include <set>

#include "catch.h"

namespace attnbench::measure {
namespace {

Problem problem_of(int64_t batch, int64_t heads, int64_t q_len) {
  return {batch, heads, 1, q_len, q_len, 8, true};
}

std::vector<int64_t> sample(const Problem& p, int64_t most, uint64_t seed) {
  return sample_rows(p.batch * p.heads, p.q_len, most, seed);
}

/// The length of the longest stretch of queries without a sampled row in any head.
int64_t longest_gap(const Problem& p, const std::vector<int64_t>& rows) {
  std::set<int64_t> queries;
  for (const int64_t r : rows) queries.insert(r % p.q_len);
  int64_t gap = 0, next = 0;
  for (const int64_t query : queries) {
    gap = std::max(gap, query - next);
    next = query + 1;
  }
  return std::max(gap, p.q_len - next);
}

TEST_CASE("As many distinct rows as asked for are sampled, including the first and the last") {
  for (const auto& p : {problem_of(1, 1, 1), problem_of(2, 3, 50), problem_of(1, 8, 1000)})
    for (const int64_t most : {2, 3, 17, 64, 290, 4096}) {
      const std::vector<int64_t> rows = sample(p, most, 7);
      const int64_t all = p.batch * p.heads * p.q_len;
      CHECK(std::ssize(rows) == std::min(all, most));
      CHECK(std::is_sorted(rows.begin(), rows.end()));
      CHECK(std::adjacent_find(rows.begin(), rows.end()) == rows.end());
      CHECK(rows.front() == 0);
      CHECK(rows.back() == all - 1);
    }
}

TEST_CASE("If there is a row for every 32 queries, any 64 neighbouring queries have one") {
  for (uint64_t seed = 0; seed < 50; ++seed)
    for (const int64_t q_len : {64, 1000, 1024, 16384}) {
      const Problem p = problem_of(1, 3, q_len);
      INFO("q_len " << q_len << ", seed " << seed);
      CHECK(longest_gap(p, sample(p, q_len / 32 + 3, seed)) < 64);
    }
}

TEST_CASE("Fewer rows than that are still spread over all queries") {
  const Problem p = problem_of(1, 8, 16384);
  for (uint64_t seed = 0; seed < 50; ++seed) CHECK(longest_gap(p, sample(p, 66, seed)) < 2 * 256);
}

TEST_CASE("If there are enough rows, every head has one in each stretch of 32 queries") {
  const Problem p = problem_of(2, 4, 1024);
  std::set<int64_t> stretches;
  for (const int64_t r : sample(p, 8 * 32 + 2, 5)) stretches.insert(r / 32);
  CHECK(stretches.size() == 8 * 32);
}

TEST_CASE("If there are enough rows, the first and last query of each stretch are sampled") {
  const Problem p = problem_of(1, 2, 1024);
  std::set<int64_t> queries;
  for (const int64_t r : sample(p, 6 * 32 + 2, 5)) queries.insert(r % p.q_len);
  for (int64_t edge = 32; edge < p.q_len; edge += 32) {
    CHECK(queries.contains(edge - 1));
    CHECK(queries.contains(edge));
  }
}

TEST_CASE("The sampled rows depend only on the seed") {
  const Problem p = problem_of(1, 8, 1000);
  CHECK(sample(p, 100, 1) == sample(p, 100, 1));
  CHECK(sample(p, 100, 1) != sample(p, 100, 2));
}

}  // namespace
}  // namespace attnbench::measure
