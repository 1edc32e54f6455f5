// The engine on tensors of narrower types than float32.
#include <bit>
#include <cstring>
#include <limits>

#include "catch.h"
#include "kernels/narrow.h"
#include "naive.h"
#include "record/record.h"

using namespace attnbench;

namespace {

constexpr Type kF32 = Type::kF32, kBf16 = Type::kBf16, kF16 = Type::kF16, kInt8 = Type::kInt8,
               kQ8_0 = Type::kQ8_0;
constexpr double kTolerance = 5e-6;

/// Of q and out, and of k and v.
const std::pair<Type, Type> kTypes[] = {
    {kBf16, kBf16}, {kF16, kF16},  {kF32, kInt8}, {kF32, kQ8_0}, {kBf16, kInt8},
    {kF16, kQ8_0},  {kF32, kBf16}, {kBf16, kF32}, {kF16, kF32},  {kF32, kF16},
};

struct Subject {
  const char* name;
  std::vector<int64_t> params;
  Problem problem;
};

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal, scale, softcap, alibi
const Subject kSubjects[] = {
    {"blocked", {96, 96}, {1, 1, 1, 1, 1, 32, false}},
    {"blocked", {96, 96}, {1, 2, 1, 23, 23, 32, true}},
    {"blocked", {96, 64}, {1, 2, 2, 200, 200, 64, true}},
    {"blocked", {192, 512}, {1, 1, 1, 100, 1100, 96, false}},
    {"blocked", {96, 96}, {2, 8, 2, 40, 130, 32, false, 0.3, 20, true}},
    {"blocked", {96, 96}, {1, 1, 1, 20, 90, 64, true}},
    {"blocked", {96, 96}, {1, 1, 1, 13, 1607, 64, true}},
    {"blocked", {96, 96}, {1, 4, 4, 2, 70, 64, true}},
    {"blocked", {96, 96}, {1, 4, 1, 1, 3000, 64, true}},
    {"blocked", {96, 96}, {1, 8, 1, 1, 1100, 128, false}},
    {"blocked", {96, 96}, {1, 1, 1, 50, 1501, 64, true}},
    {"window", {20, 5}, {1, 4, 2, 130, 131, 32, false}},
    {"window", {300, 0}, {1, 8, 2, 2, 2500, 64, false}},
    {"sink_window", {}, {1, 2, 1, 300, 300, 32, true}},
    {"global_local", {}, {1, 2, 2, 170, 170, 32, false}},
    {"dilated", {8, 8, 3}, {1, 2, 2, 100, 100, 32, false, 0, 0, true}},
    {"dilated", {8, 8, 64}, {1, 2, 1, 100, 177, 64, true}},
    {"strided", {10}, {1, 4, 2, 90, 90, 32, true}},  // In two passes.
    {"strided", {40}, {1, 2, 2, 70, 90, 32, true}},  // In one.
    {"strided", {0}, {3, 2, 1, 400, 401, 64, true, 0, 0, true}},
    {"block_sparse", {8, 30, 1, 0}, {1, 1, 1, 120, 120, 32, true}},
    {"bigbird", {}, {1, 2, 2, 300, 300, 32, false}},
};

/// head_dims that are no multiple of a vector, or odd; q8_0 can't have them.
const Subject kOddSubjects[] = {
    {"blocked", {96, 96}, {1, 2, 1, 23, 23, 3, true}},
    {"blocked", {96, 96}, {1, 1, 1, 7, 50, 1, false}},
    {"blocked", {96, 96}, {1, 2, 2, 110, 129, 33, true}},
    {"blocked", {96, 96}, {1, 1, 1, 130, 70, 42, true}},
    {"blocked", {96, 96}, {1, 6, 1, 5, 201, 80, true}},
    {"blocked", {96, 96}, {1, 1, 1, 16, 1037, 61, true}},
    {"blocked", {96, 96}, {1, 8, 1, 1, 1800, 10, true}},
    {"blocked", {96, 64}, {1, 1, 1, 100, 205, 512, false}},
    {"dilated", {8, 8, 3}, {1, 3, 1, 100, 101, 17, true}},
    {"strided", {10}, {1, 4, 2, 90, 93, 21, false}},
    {"window", {20, 0}, {1, 2, 2, 60, 60, 6, true}},
};

Problem typed(Problem problem, const std::pair<Type, Type>& types) {
  problem.dtype = types.first;
  problem.kv_dtype = types.second;
  return problem;
}

std::string words(const Subject& subject, const std::pair<Type, Type>& types) {
  const auto name = [](Type type) { return record::kTypeNames[static_cast<size_t>(type)]; };
  const Problem& p = subject.problem;
  return std::string(subject.name) + " q_len " + std::to_string(p.q_len) + " kv_len " +
         std::to_string(p.kv_len) + " head_dim " + std::to_string(p.head_dim) + " " +
         name(types.first) + " with keys " + name(types.second);
}

/// Params that the subject leaves out have their defaults.
std::vector<int64_t> params_of(const Subject& subject) {
  std::vector<int64_t> params = subject.params;
  for (const Param& param : entry_named(subject.name).params().subspan(params.size()))
    params.push_back(param.value);
  return params;
}

/// Calls visit(subject, types) for each subject and all types that it can have.
template <class Visit>
void for_each_typed(const Visit& visit) {
  for (const auto& types : kTypes) {
    for (const Subject& subject : kSubjects) visit(subject, types);
    for (const Subject& subject : kOddSubjects)
      if (types.second != kQ8_0) visit(subject, types);
  }
}

Tensor<const float> row_of(const void* data, int64_t len, int64_t dim, Type type,
                           const uint16_t* scales = nullptr) {
  return {static_cast<const float*>(data), 1, 1, len, dim, type, scales};
}

bool same(float a, float b) {
  return std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("Rows of bf16 and f16 widen to the numbers that their bits stand for") {
  std::vector<uint16_t> bits(1 << 16);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  for (const Type type : {kBf16, kF16}) {
    for (const int64_t dim : {1, 64, 61}) {
      const int64_t rows = static_cast<int64_t>(bits.size()) / dim;
      std::vector<float> wide(bits.size()), each(static_cast<size_t>(dim));
      const Tensor<const float> tensor = row_of(bits.data(), rows, dim, type);
      const kernels::HeadRows head(tensor, 0, 0);
      head.widen(0, 1, rows, wide.data());
      bool right = true;
      for (int64_t i = 0; i < rows * dim; ++i) {
        const auto number = static_cast<uint16_t>(i);
        const float expected = type == kBf16 ? float_from_bf16(number) : float_from_f16(number);
        right = right && same(wide[i], expected);
        right = right && same(head.row(i / dim, each.data())[i % dim], expected);
      }
      CHECK(right);
      head.widen(1, 3, rows / 3, wide.data());
      for (int64_t i = 0; i < rows / 3; ++i) {
        const auto number = static_cast<uint16_t>((1 + 3 * i) * dim);
        right = right && same(wide[i * dim],
                              type == kBf16 ? float_from_bf16(number) : float_from_f16(number));
      }
      CHECK(right);
    }
  }
}

TEST_CASE("Rows of int8 and q8_0 widen to their numbers times their scales") {
  constexpr int64_t kRows = 7;
  for (const auto& [type, dim] : std::vector<std::pair<Type, int64_t>>{
           {kInt8, 1}, {kInt8, 37}, {kInt8, 64}, {kQ8_0, 32}, {kQ8_0, 96}}) {
    std::vector<int8_t> numbers(static_cast<size_t>(kRows * dim));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int8_t>(i * 37);
    const int64_t scales_a_row = scales_of_row(type, dim);
    std::vector<uint16_t> scales(static_cast<size_t>(kRows * scales_a_row));
    for (size_t i = 0; i < scales.size(); ++i) scales[i] = static_cast<uint16_t>(0x2400 + 613 * i);
    const Tensor<const float> tensor = row_of(numbers.data(), kRows, dim, type, scales.data());
    for (const int64_t step : {1, 2}) {
      const int64_t count = (kRows - 1) / step;
      std::vector<float> wide(static_cast<size_t>(count * dim));
      kernels::HeadRows(tensor, 0, 0).widen(1, step, count, wide.data());
      bool right = true;
      for (int64_t i = 0; i < count * dim; ++i) {
        const int64_t row = 1 + i / dim * step, at = i % dim;
        const float scale = float_from_f16(scales[row * scales_a_row + at * scales_a_row / dim]);
        right = right && wide[i] == static_cast<float>(numbers[row * dim + at]) * scale;
      }
      CHECK(right);
    }
  }
}

TEST_CASE("Rows of float32 round to the nearest bf16 and f16") {
  std::vector<float> row;
  std::mt19937 random(3);
  for (int i = 0; i < 200000; ++i)
    row.push_back(std::bit_cast<float>(static_cast<uint32_t>(random())));
  for (uint32_t upper = 0; upper < 0x10000; ++upper)  // Ties of bf16.
    row.push_back(std::bit_cast<float>(upper << 16 | 0x8000u));
  for (uint32_t bits = 0x33000000u; bits < 0x47900000u; bits += 0x1000u)  // Ties of f16.
    row.push_back(std::bit_cast<float>(bits));
  for (const float x : {65504.0f, 65519.9f, 65520.0f, 65536.0f, 1e-45f, 5.9604645e-8f, -0.0f})
    row.push_back(x);
  const auto dim = static_cast<int64_t>(row.size());
  for (const Type type : {kBf16, kF16}) {
    std::vector<uint16_t> bits(row.size());
    kernels::round_row(row.data(), {reinterpret_cast<float*>(bits.data()), 1, 1, 1, dim, type}, 0,
                       0, 0);
    int64_t wrong = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      const uint16_t expected = type == kBf16 ? bf16_from_float(row[i]) : f16_from_float(row[i]);
      if (std::isnan(row[i])) {
        const float back = type == kBf16 ? float_from_bf16(bits[i]) : float_from_f16(bits[i]);
        wrong += std::isnan(back) ? 0 : 1;
      } else {
        wrong += bits[i] == expected ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("The engine equals the plain loops for every type") {
  for_each_typed([](const Subject& subject, const std::pair<Type, Type>& types) {
    const Bench bench(variant_named(subject.name), typed(subject.problem, types),
                      params_of(subject));
    INFO(words(subject, types));
    CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
  });
}

TEST_CASE("The engine gives the same bits of every type for any number of threads") {
  for_each_typed([](const Subject& subject, const std::pair<Type, Type>& types) {
    const Bench bench(variant_named(subject.name), typed(subject.problem, types),
                      params_of(subject));
    INFO(words(subject, types));
    const std::vector<float> once = bench.forward(1);
    CHECK(bench.forward(1) == once);
    CHECK(bench.forward(3) == once);
  });
}

TEST_CASE("Keys and values that a query does not see change nothing of a narrow output") {
  using Limits = std::numeric_limits<float>;
  for_each_typed([](const Subject& subject, const std::pair<Type, Type>& types) {
    const Problem p = typed(subject.problem, types);
    const Exact& variant = variant_named(subject.name);
    const Bench clean(variant, p, params_of(subject));
    const std::vector<float> expected = clean.forward(2);
    for (const int64_t key : {p.kv_len - 1, p.kv_len / 2}) {
      for (const float with : {Limits::quiet_NaN(), Limits::infinity()}) {
        Bench spoilt(variant, p, params_of(subject));
        spoilt.fill_key(key, with);
        spoilt.fill_value(key, with);
        const std::vector<float> out = spoilt.forward(2);
        INFO(words(subject, types) << " key " << key << " holds " << with);
        double worst = 0;
        bool seen_is_told = true;
        for (size_t i = 0; i < out.size(); ++i) {
          const int64_t query = static_cast<int64_t>(i) / p.head_dim % p.q_len;
          if (clean.sees(query, key)) {
            seen_is_told = seen_is_told && !std::isfinite(out[i]);
            continue;
          }
          // One row may be computed on its own: its last bit, and so its rounding, may differ.
          const double rounded = 2 * unit_roundoff(p.dtype) * (1 + (p.dtype == p.kv_dtype));
          const double error = std::abs(out[i] - expected[i]) - rounded;
          if (!(error <= worst)) worst = error;
        }
        CHECK(worst < kTolerance);
        if (std::isnan(with)) CHECK(seen_is_told);
      }
    }
  });
}

TEST_CASE("Scores of some tens are as exact with every type as float32 makes them") {
  for_each_typed([](const Subject& subject, const std::pair<Type, Type>& types) {
    // An error of a thousandth of such a score is one of some percent of its weight, which no
    // rounding of an output hides.
    const Bench bench(variant_named(subject.name), typed(subject.problem, types),
                      params_of(subject), 100);
    INFO(words(subject, types));
    CHECK(bench.worst_error(bench.forward(2)) < 20 * kTolerance);
  });
}

TEST_CASE("Logits of ten thousand are attended as the plain loops attend them") {
  for (const auto& types : kTypes) {
    for (const Subject& subject : kSubjects) {
      // The score of the largest key is far above all others: the output is its value.
      const Bench bench(variant_named(subject.name), typed(subject.problem, types),
                        params_of(subject), 30000);
      INFO(words(subject, types));
      // A score of 10^4 is known to 10^-3 only, and so is a weight.
      CHECK(bench.worst_error(bench.forward(2)) < 0.02);
    }
  }
}

TEST_CASE("Values at f16's limit stay within it, and keys that are all equal weigh the same") {
  for (const auto& types : kTypes) {
    for (const Subject& subject : kSubjects) {
      Bench bench(variant_named(subject.name), typed(subject.problem, types), params_of(subject));
      // The largest number of f16; of int8 and q8_0 the largest that rounds to no larger one.
      const bool scaled = types.second == kInt8 || types.second == kQ8_0;
      bench.fill_values(scaled ? 127 * 512 : 65504);
      bench.fill_keys(0.25f);
      INFO(words(subject, types));
      CHECK(bench.worst_error(bench.forward(2)) < 65504 * kTolerance);
    }
  }
}

TEST_CASE("Subnormal numbers of a type are numbers or zero, and no more") {
  for (const auto& types : kTypes) {
    for (const Subject& subject : kSubjects) {
      for (const float tiny : {1e-39f, 3e-7f, 6e-8f}) {
        Bench bench(variant_named(subject.name), typed(subject.problem, types), params_of(subject));
        bench.fill_values(tiny);
        bench.fill_keys(tiny);
        INFO(words(subject, types) << " of " << tiny);
        // f16's smallest number is 6e-8: an output may be off by half of it.
        const double least = types.first == kF16 ? 0x1p-25 : 4e-38;
        CHECK(bench.worst_error(bench.forward(2)) < least + 1e-5 * static_cast<double>(tiny));
      }
    }
  }
}
