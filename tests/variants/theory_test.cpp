// What variants declare grows as what they state: time as pairs or operations, memory as workspace.
#include "record/theory.h"

#include <cmath>

#include "catch.h"
#include "named.h"

using namespace attnbench;

namespace {

struct Declared {
  const char* name;
  std::vector<int64_t> params;
  bool causal;
  int64_t from;  ///< The smallest n to which the declaration applies.
};

Call call_of(const Declared& d, int64_t n) {
  return {{1, 1, 1, n, n, 8, d.causal}, d.params.data(), 1};
}

/// The pairs of an exact variant, the operations of another.
double work_of(const Declared& d, int64_t n) {
  const Variant& variant = *entry_named(d.name).variant;
  const Call call = call_of(d, n);
  if (variant.exact() == nullptr)
    return static_cast<double>(variant.inexact()->cost(call).flops.value());
  int64_t pairs = 0;
  for (int64_t query = 0; query < n; ++query)
    for (const KeySpan& span : registry::visible_keys(*variant.exact(), call, query))
      pairs += registry::key_count(span);
  return static_cast<double>(pairs);
}

record::Theory theory_of(const Variant& variant, const Call& call) {
  const Theory theory = variant.theory(call);
  REQUIRE(record::theory_fault(theory) == "");
  return record::recorded(theory);
}

record::Growth time_of(const Declared& d, int64_t n) {
  return theory_of(*entry_named(d.name).variant, call_of(d, n)).time;
}

/// The exponent with which a growth goes from n to `times` n.
double exponent_of(const record::Growth& growth, int64_t n, int64_t times) {
  return (record::log_value(growth, static_cast<double>(times * n)) -
          record::log_value(growth, static_cast<double>(n))) /
         std::log(times);
}

}  // namespace

TEST_CASE("A sum of terms grows as the work of its variant, where n^2 does not") {
  const std::vector<Declared> all{
      {"strided", {64}, false, 512},
      {"strided", {64}, true, 512},
      {"prefix_lm", {512}, false, 512},
      {"block_sparse", {16, 10, 1}, true, 256},
      {"block_sparse", {16, 2, 1}, true, 1024},
      {"window", {-1, 1024}, false, 4096},
      {"window", {1024, -1}, false, 4096},
      {"pooled", {64, 16}, false, 512},
      {"pooled", {64, 16}, true, 512},
      {"pooled", {256, 64}, true, 4096},
      {"topk", {1024}, true, 4096},
      {"topk", {256}, false, 512},
      {"lsh", {1, 128, 0}, false, 4096},
      {"lsh", {4, 32, 0}, true, 4096},
      {"routing", {16, 0}, false, 512},
      {"nystrom", {64, 6}, false, 512},
  };
  for (const Declared& d : all) {
    const int64_t n = d.from;
    CAPTURE(d.name, d.params, d.causal);
    const record::Growth growth = time_of(d, n);
    CHECK(growth.is_sum());
    const double stated = std::log(work_of(d, 4 * n) / work_of(d, n)) / std::log(4);
    CHECK(exponent_of(growth, n, 4) == Approx(stated).margin(0.05));
    CHECK(stated < 1.85);
  }
}

TEST_CASE("What is a power of n is declared as one") {
  for (const Declared& d : std::vector<Declared>{{"strided", {0}, false, 0},
                                                 {"prefix_lm", {0}, false, 0},
                                                 {"block_sparse", {64, 100, 1}, false, 0},
                                                 {"window", {-1, 0}, false, 0},
                                                 {"window", {-1, 7}, true, 0},
                                                 {"window", {-1, -1}, false, 0},
                                                 {"window", {256, 0}, false, 0}}) {
    CAPTURE(d.name, d.params);
    CHECK_FALSE(time_of(d, 4096).is_sum());
  }
}

TEST_CASE("The workspace of every variant grows as its declared memory") {
  constexpr int64_t kFrom = 1024, kTimes = 16;
  const registry::Catalogue catalogue = registry::built_in();
  for (const registry::Entry& entry : catalogue.entries())
    for (const int64_t heads : {1, 12})
      for (const int threads : {1, 8})
        for (const bool causal : {false, true}) {
          std::vector<int64_t> params;
          for (const Param& param : entry.params()) params.push_back(param.value);
          const auto bytes = [&](int64_t n) {
            const Call call{{1, heads, heads, n, n, 64, causal}, params.data(), threads};
            return static_cast<double>(entry.variant->workspace_bytes(call).value());
          };
          CAPTURE(entry.name(), heads, threads, causal, bytes(kFrom), bytes(kTimes * kFrom));
          const Call call{{1, heads, heads, kFrom, kFrom, 64, causal}, params.data(), threads};
          const double declared =
              exponent_of(theory_of(*entry.variant, call).memory, kFrom, kTimes);
          if (bytes(kFrom) == 0) {
            CHECK(bytes(kTimes * kFrom) == 0);
            continue;
          }
          CHECK(std::log(bytes(kTimes * kFrom) / bytes(kFrom)) / std::log(kTimes) ==
                Approx(declared).margin(0.05));
        }
}
