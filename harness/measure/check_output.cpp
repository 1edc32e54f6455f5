// Compares outputs with what the variant's definition says.
#include "measure/check_output.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <vector>

#include "measure/judged_rows.h"
#include "measure/narrow.h"
#include "measure/sampled_rows.h"
#include "measure/truth.h"

namespace attnbench::measure {
namespace {

constexpr uint32_t kPoison = 0x7FC0DEADu;

/// If the first infinite element stands for an answer that the output's type can't hold, says so;
/// else empty.
std::string beyond_output_type(const Variant& variant, const Call& call, const Inputs& inputs,
                               const Tensor<float>& out) {
  const Type type = call.problem.dtype;
  const int64_t index =
      std::find_if(out.data, out.data + out.size(), [](float x) { return std::isinf(x); }) -
      out.data;
  if (type == Type::kF32 || index == out.size()) return {};
  double answer = 0;
  tell_truth(variant, call, inputs, std::vector{index / out.dim}, Bounds::kUnwanted,
             [&](size_t, const RowTruth& truth) {
               answer = truth.out[static_cast<size_t>(index % out.dim)];
             });
  const double most = largest_number(type);
  if (!(std::abs(answer) > most)) return {};
  char text[160];
  std::snprintf(
      text, sizeof text,
      ": the answer is %.6g, and %s holds no number beyond %.6g: that is the type's limit, "
      "and no fault of the variant",
      answer, record::kTypeNames[static_cast<size_t>(type)], most);
  return place(out, index) + text;
}

}  // namespace

std::string row_place(const Tensor<float>& out, int64_t row, const char* position) {
  const RowPlace at = place_of(row, out.heads, out.len);
  return "batch " + std::to_string(at.batch) + " head " + std::to_string(at.head) + " " + position +
         " " + std::to_string(at.query);
}

std::string place(const Tensor<float>& out, int64_t index, const char* position) {
  return row_place(out, index / out.dim, position) + " dim " + std::to_string(index % out.dim);
}

void poison(const Tensor<float>& out) {
  std::fill_n(out.data, out.size(), std::bit_cast<float>(kPoison));
}

std::string digest(const Tensor<float>& t) {
  return digest(read_only(t));
}

std::string digest(const Tensor<const float>& tensor) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15u;
  uint64_t sum = kOdd;
  const auto add = [&](uint32_t bits) {
    sum = (sum ^ bits) * kOdd;
    sum ^= sum >> 32;
  };
  if (tensor.type == Type::kF32)
    for (int64_t i = 0; i < tensor.size(); ++i) add(std::bit_cast<uint32_t>(tensor.data[i]));
  else if (element_bytes(tensor.type) == 2)
    for (int64_t i = 0; i < tensor.size(); ++i) add(tensor.row_as<uint16_t>(0, 0, 0)[i]);
  else
    for (int64_t i = 0; i < tensor.size(); ++i)
      add(static_cast<uint8_t>(tensor.row_as<int8_t>(0, 0, 0)[i]));
  const int64_t scales =
      tensor.batch * tensor.heads * tensor.len * scales_of_row(tensor.type, tensor.dim);
  for (int64_t i = 0; i < scales; ++i) add(tensor.scales[i]);
  char text[kDigestDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

std::string first_not_finite(const Tensor<float>& out, const char* position) {
  constexpr uint32_t kExponent = 0x7F800000u;
  for (int64_t i = 0; i < out.size(); ++i) {
    const auto bits = std::bit_cast<uint32_t>(out.data[i]);
    if ((bits & kExponent) != kExponent) continue;
    const char* what = bits == kPoison || is_widened_poison(bits) ? " was never written"
                       : std::isnan(out.data[i])                  ? " is NaN"
                                                                  : " is infinite";
    return place(out, i, position) + what;
  }
  return {};
}

Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed) {
  if (std::string reason = first_not_finite(out); !reason.empty()) {
    Verdict verdict;
    const std::string beyond = beyond_output_type(variant, call, inputs, out);
    verdict.reason = beyond.empty() ? std::move(reason) : beyond;
    return verdict;
  }
  const std::vector<int64_t> rows = sample_rows(out.batch * out.heads, out.len, max_rows, seed);
  const auto judged = [&](Bounds bounds) {
    std::vector<RowVerdict> verdicts(rows.size());
    tell_truth(variant, call, inputs, rows, bounds, [&](size_t i, const RowTruth& truth) {
      verdicts[i] =
          judge_row(truth, out.data + rows[i] * out.dim, row_place(out, rows[i], "query"));
    });
    return judge_rows(verdicts);
  };
  Verdict verdict = judged(Bounds::kWanted);
  const bool is_estimated = variant.exact() == nullptr && variant.selective() == nullptr;
  return is_estimated && is_in_doubt(verdict) ? judged(Bounds::kInDoubt) : verdict;
}

}  // namespace attnbench::measure
