// Pictures of patterns hold exactly the pairs that counting key by key finds.
#include "plan/pattern.h"

#include "catch.h"
#include "fakes.h"
#include "plan/plan.h"

using namespace attnbench;
using plan::testing::catalogue;
using record::CellAxis;

namespace {

const Exact& variant(const char* name) {
  return *catalogue().find(name)->variant->exact();
}

int64_t cell_of(const CellAxis& axis, int64_t at) {
  int64_t cell = 0;
  while (axis.begin(cell + 1) <= at) ++cell;
  return cell;
}

/// Counts each query in each cell apart, so that a key in two spans of a query counts as it does in
/// the plan.
std::vector<int64_t> brute_force(const Exact& variant, const Call& call, const CellAxis& rows,
                                 const CellAxis& columns) {
  std::vector<int64_t> counts(static_cast<size_t>(rows.cells * columns.cells));
  for (int64_t query = 0; query < rows.length; ++query)
    for (const KeySpan& span : registry::visible_keys(variant, call, query))
      for (int64_t key = span.begin; key < span.end; key += span.step)
        ++counts[static_cast<size_t>(cell_of(rows, query) * columns.cells + cell_of(columns, key))];
  return counts;
}

config::Config config_of(std::vector<config::VariantSpec> variants, config::AxisValues lengths) {
  config::Config config;
  config.variants = std::move(variants);
  config.sweep["seq_len"] = std::move(lengths);
  config.sweep["threads"] = {1};
  return config;
}

std::vector<record::CaseRecord> cases_of(const config::Config& config, int64_t memory_limit) {
  std::vector<record::CaseRecord> cases;
  for (const record::Case& c : plan::make_plan(config, catalogue(), memory_limit).cases)
    cases.emplace_back().plan = c;
  return cases;
}

constexpr int64_t kPlenty = int64_t{1} << 50;

}  // namespace

TEST_CASE(
    "A variant that is not exact has no picture, and the reason is kept once for its params") {
  const config::Config config =
      config_of({{"leaky", "leaky", {}, {}}, {"full", "full", {}, {}}}, {int64_t{16}, int64_t{32}});
  const auto cases = cases_of(config, int64_t{1} << 30);
  const auto patterns = plan::draw_patterns(cases, catalogue());
  REQUIRE(patterns.size() == 1);
  CHECK(cases[static_cast<size_t>(patterns[0].case_id)].plan.variant == "full");
  const auto undrawn = plan::undrawn_variants(cases, catalogue());
  REQUIRE(undrawn.size() == 1);
  CHECK(cases[static_cast<size_t>(undrawn[0].case_id)].plan.variant == "leaky");
  CHECK(undrawn[0].reason ==
        "its output is a definition of its own, such as a recurrence or a sum of features, and no "
        "softmax over a set of keys");
  CHECK(plan::undrawn_reason(*catalogue().find("full")->variant).empty());
}

TEST_CASE("Cells agree with brute force for every shape of pattern") {
  const int64_t window[] = {5, 3};
  for (const char* name : {"full", "window", "scattered"})
    for (const int64_t q_len : {1, 7, 64, 130})
      for (const int64_t kv_len : {1, 3, 64, 199, 1000})
        for (const bool causal : {false, true}) {
          const Call call{{1, 1, 1, q_len, kv_len, 8, causal}, window, 1};
          const CellAxis rows = record::pattern_axis(q_len), columns = record::pattern_axis(kv_len);
          std::vector<int64_t> expected = brute_force(variant(name), call, rows, columns);
          // Two spans of the scattered variant may hold one key; a cell holds it at most once.
          for (size_t i = 0; i < expected.size(); ++i)
            expected[i] =
                std::min(expected[i], rows.size(static_cast<int64_t>(i) / columns.cells) *
                                          columns.size(static_cast<int64_t>(i) % columns.cells));
          INFO(name << " q_len " << q_len << " kv_len " << kv_len << " causal " << causal);
          CHECK(plan::count_cells(variant(name), call, rows, columns) == expected);
        }
}

TEST_CASE("Cells differ by one query or key at most and cover all of them once") {
  for (const int64_t length : {1, 63, 64, 65, 100, 4097}) {
    const CellAxis axis = record::pattern_axis(length);
    CHECK(axis.cells == std::min<int64_t>(length, 64));
    CHECK((axis.begin(0) == 0 && axis.begin(axis.cells) == length));
    for (int64_t cell = 0; cell < axis.cells; ++cell)
      CHECK((axis.size(cell) == length / axis.cells || axis.size(cell) == length / axis.cells + 1));
  }
}

TEST_CASE("Visible pairs are marked one by one, causal or not") {
  const int64_t window[] = {1, 1};
  CHECK(plan::visible_pairs(variant("window"), {{1, 1, 1, 3, 3, 8, false}, window, 1}) ==
        "110111011");
  CHECK(plan::visible_pairs(variant("window"), {{1, 1, 1, 3, 3, 8, true}, window, 1}) ==
        "100110011");
}

TEST_CASE("Each label has one picture for each value of causal, of its largest length") {
  config::Config config =
      config_of({{"full", "", {}}, {"window", "", {{"left", {2, 8}}}}}, {64, 100, 16});
  config.sweep["heads"] = {1, 2};
  config.sweep["causal"] = {0, 1};
  const auto cases = cases_of(config, kPlenty);
  const auto patterns = plan::draw_patterns(cases, catalogue());
  REQUIRE(patterns.size() == 6);
  for (const record::Pattern& pattern : patterns) {
    const record::Case& c = cases[static_cast<size_t>(pattern.case_id)].plan;
    CHECK(c.seq_len() == 100);
    CHECK(c.problem.heads == 1);  // The first value of the sweep.
    int64_t pairs = 0;
    for (const int64_t cell : pattern.cells) pairs += cell;
    CHECK(pairs == c.pairs);
  }
  CHECK(cases[static_cast<size_t>(patterns[4].case_id)].plan.label == "window left=8");
  CHECK_FALSE(cases[static_cast<size_t>(patterns[4].case_id)].plan.problem.causal);
  CHECK(cases[static_cast<size_t>(patterns[5].case_id)].plan.problem.causal);
}

TEST_CASE("A length skipped for its memory is drawn, and one with too many queries is not") {
  const auto cases = cases_of(config_of({{"full", "", {}}}, {64, 1000, 65537}), 1 << 20);
  REQUIRE(cases[1].plan.outcome == record::Outcome::kSkipped);
  const auto patterns = plan::draw_patterns(cases, catalogue());
  REQUIRE(patterns.size() == 1);
  CHECK(patterns[0].case_id == 1);
  CHECK(plan::draw_patterns(cases_of(config_of({{"full", "", {}}}, {65537}), kPlenty), catalogue())
            .empty());
}

TEST_CASE("Decoding has a picture of as many rows as queries, for each q_len") {
  config::Config config = config_of({{"full", "", {}}}, {1 << 20});
  config.sweep["q_len"] = {1, 3};
  const auto patterns = plan::draw_patterns(cases_of(config, kPlenty), catalogue());
  REQUIRE(patterns.size() == 2);
  CHECK(patterns[0].cells == std::vector<int64_t>(64, 16384));
  CHECK(patterns[1].cells == std::vector<int64_t>(3 * 64, 16384));
}

TEST_CASE("A variant that refuses the call is not drawn, and a sweep draws a limited number") {
  config::Config config = config_of({{"scattered", "", {}}}, {64});
  config.sweep["head_dim"] = {128};
  CHECK(plan::draw_patterns(cases_of(config, kPlenty), catalogue()).empty());
  std::vector<int64_t> lefts;
  for (int64_t left = 0; left < 100; ++left) lefts.push_back(left);
  config = config_of({{"window", "", {{"left", lefts}}}}, {8});
  CHECK(plan::draw_patterns(cases_of(config, kPlenty), catalogue()).size() == 64);
}
