// Few query rows over keys and values of each narrow type, which are read where they are.
#include <limits>

#include "catch.h"
#include "naive.h"
#include "record/record.h"

using namespace attnbench;

namespace {

constexpr Type kTypes[] = {Type::kBf16, Type::kF16, Type::kInt8, Type::kQ8_0};
constexpr double kTolerance = 5e-6;

/// Heads, key heads and queries that make 1, 2, 3, 4, 5 and 8 rows of each key head.
struct Rows {
  int64_t heads, kv_heads, q_len;
};
constexpr Rows kRows[] = {{2, 2, 1}, {4, 2, 1}, {1, 1, 2}, {6, 2, 1}, {1, 1, 3}, {4, 2, 2},
                          {8, 2, 1}, {5, 1, 1}, {2, 2, 5}, {8, 1, 1}, {4, 1, 2}};

/// One key; octets and what is left of them; blocks; streams, and keys before and after them;
/// chunks.
constexpr int64_t kLengths[] = {1, 7, 8, 9, 40, 64, 67, 135, 300, 521, 1030, 2600};

/// Calls visit(problem, words) for each type, number of rows and head_dim over so many keys.
template <class Visit>
void for_each_problem(int64_t kv_len, const Visit& visit) {
  for (const Type type : kTypes) {
    for (const Rows& rows : kRows) {
      for (const int64_t head_dim : {32, 64, 96, 128, 256}) {
        Problem p{1, rows.heads, rows.kv_heads, rows.q_len, kv_len, head_dim};
        p.causal = rows.q_len > 1;
        p.kv_dtype = type;
        visit(p, record::kTypeNames[static_cast<size_t>(type)] + std::string(" heads ") +
                     std::to_string(p.heads) + "/" + std::to_string(p.kv_heads) + " q_len " +
                     std::to_string(p.q_len) + " kv_len " + std::to_string(kv_len) + " head_dim " +
                     std::to_string(head_dim));
      }
    }
  }
}

struct Pattern {
  const char* name;
  std::vector<int64_t> params;
};

/// Spans that begin and end within octets, and keys with a step.
const Pattern kPatterns[] = {
    {"window", {700, 0}}, {"window", {41, 0}}, {"dilated", {300, 0, 3}}, {"blocked", {1, 512}}};

}  // namespace

TEST_CASE("Decoding equals the plain loops for keys of every type") {
  for (const int64_t kv_len : kLengths) {
    for_each_problem(kv_len, [](const Problem& p, const std::string& words) {
      const Bench bench(variant_named("blocked"), p, {96, 64}, 2);
      INFO(words);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    });
  }
}

TEST_CASE("Decoding of narrow keys attends just the keys that each row sees") {
  for (const Pattern& pattern : kPatterns) {
    for_each_problem(1201, [&](const Problem& p, const std::string& words) {
      const Bench bench(variant_named(pattern.name), p, pattern.params);
      INFO(pattern.name << " " << words);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    });
  }
}

TEST_CASE("Softcap and ALiBi change the scores of narrow keys after their scales") {
  for (const int64_t kv_len : {13, 1201}) {
    for_each_problem(kv_len, [](Problem p, const std::string& words) {
      p.scale = 0.4;
      p.softcap = 3;
      p.alibi = (p.heads & (p.heads - 1)) == 0;  // The plain loops know the slopes of these.
      const Bench bench(variant_named("blocked"), p, {96, 64}, 4);
      INFO(words);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    });
  }
}

TEST_CASE("Decoding of narrow keys gives the same bits for any number of threads") {
  for_each_problem(2600, [](const Problem& p, const std::string& words) {
    const Bench bench(variant_named("blocked"), p, {96, 64});
    INFO(words);
    const std::vector<float> once = bench.forward(1);
    CHECK(bench.forward(1) == once);
    CHECK(bench.forward(3) == once);
  });
}

TEST_CASE("A narrow key that decoding does not see changes nothing, and a NaN that it sees shows") {
  using Limits = std::numeric_limits<float>;
  for (const int64_t kv_len : {60, 1201}) {
    for_each_problem(kv_len, [&](const Problem& p, const std::string& words) {
      for (const Pattern& pattern : {Pattern{"window", {41, 0}}, {"window", {700, 0}}}) {
        const Exact& variant = variant_named(pattern.name);
        const Bench clean(variant, p, pattern.params);
        const std::vector<float> expected = clean.forward(2);
        // The last key; one in the first octet of the span; one before it.
        const int64_t begin = std::max<int64_t>(kv_len - p.q_len - pattern.params[0], 0);
        for (const int64_t key : {kv_len - 1, begin, std::max<int64_t>(begin - 1, 0)}) {
          for (const float with : {Limits::quiet_NaN(), Limits::infinity()}) {
            Bench spoilt(variant, p, pattern.params);
            spoilt.fill_key(key, with);  // The scales of int8 and q8_0 become NaN, too.
            spoilt.fill_value(key, with);
            const std::vector<float> out = spoilt.forward(2);
            bool same = true, shows = true;
            for (size_t i = 0; i < out.size(); ++i) {
              const int64_t query = static_cast<int64_t>(i) / p.head_dim % p.q_len;
              if (clean.sees(query, key)) {
                shows = shows && !std::isfinite(out[i]);
              } else {
                same = same && std::abs(out[i] - expected[i]) < kTolerance;
              }
            }
            INFO(words << " key " << key << " holds " << with);
            CHECK(same);
            if (std::isnan(with)) CHECK(shows);
          }
        }
      }
    });
  }
}
