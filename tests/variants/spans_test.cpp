// How the engine walks through patterns: many spans per query, steps, gaps, and rows of one strip
// that see different keys.
#include "catch.h"
#include "kernels/engine_variant.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// Spans of one length, `gap` apart. Their steps and where they begin depend on the query.
class Comb final : public kernels::EngineVariant {
 public:
  explicit Comb(int64_t query_step) : query_step_(query_step) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t length = call.params[0], gap = call.params[1], steps = call.params[2];
    const int64_t kv_len = call.problem.kv_len;
    int64_t begin = query * call.params[3] % (length + gap);
    for (int64_t i = 0; begin < kv_len; ++i, begin += length + gap) {
      keys.add({begin, std::min(begin + length, kv_len), 1 + (query + i) % steps});
    }
  }
  Theory theory(const Call&) const noexcept override { return {}; }
  kernels::Tile tile(const Call&) const noexcept override { return {96, 96, query_step_}; }

 private:
  int64_t query_step_;
};

}  // namespace

TEST_CASE("A query may have any number of spans, with any steps") {
  for (const int64_t query_step : {int64_t{1}, int64_t{3}, kernels::kEachApart}) {
    const Comb comb(query_step);
    for (const Problem& problem :
         {Problem{1, 2, 1, 50, 700, 24, false}, Problem{1, 1, 1, 130, 130, 64, false},
          Problem{1, 8, 2, 2, 900, 33, false}, Problem{1, 1, 1, 1, 3000, 16, false}}) {
      for (const auto& params : std::vector<std::vector<int64_t>>{{5, 3, 1, 0},
                                                                  {5, 3, 1, 1},
                                                                  {64, 200, 1, 30},
                                                                  {1, 1, 1, 1},
                                                                  {30, 2, 4, 7},
                                                                  {9, 0, 2, 0}}) {
        const Bench bench(comb, problem, params);
        INFO("query step " << query_step << " q_len " << problem.q_len << " length " << params[0]
                           << " gap " << params[1] << " steps " << params[2] << " shift "
                           << params[3]);
        CHECK(bench.worst_error(bench.forward(2)) < 5e-6);
      }
    }
  }
}

TEST_CASE("The engine asks for a query's spans once for all heads of a group") {
  class Counting final : public kernels::EngineVariant {
   public:
    void visible_keys(const Call& call, int64_t, KeySpans& keys) const noexcept override {
      ++asked;
      for (int64_t i = 0; i < 16; ++i) keys.add({40 * i, 40 * i + 20});
      (void)call;
    }
    Theory theory(const Call&) const noexcept override { return {}; }
    mutable int asked = 0;
  };
  const Counting counting;
  const Bench bench(counting, {1, 4, 1, 12, 640, 16, false}, {});
  bench.forward(1);
  CHECK(counting.asked == 12);
}
