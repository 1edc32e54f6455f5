// Tests of the call with equal weights: one key too few or too many shows at every length.
#include "measure/check_keys.h"

#include <functional>
#include <numeric>

#include "catch.h"
#include "measure/inputs.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

using Keys = std::vector<int64_t>;
using Spans = std::function<std::vector<KeySpan>(const Problem& p, int64_t query)>;
/// Changes the keys that a query of a head takes in; out of a right list makes a wrong one.
using Fault = std::function<void(Keys& keys, int64_t head)>;

std::vector<KeySpan> all_keys(const Problem& p, int64_t query) {
  const int64_t end = p.causal ? std::min(p.kv_len, aligned_position(p, query) + 1) : p.kv_len;
  if (end <= 0) return {};
  return {{0, end, 1}};
}

/// Softmax attention over the keys of `spans`, but for a fault.
class Summing final : public Exact {
 public:
  Summing(Spans spans, Fault fault) : spans_(std::move(spans)), fault_(std::move(fault)) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    for (const KeySpan& span : spans_(call.problem, query)) keys.add(span);
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i) {
          Keys keys;
          for (const KeySpan& span : spans_(p, i))
            for (int64_t j = span.begin; j < span.end; j += span.step) keys.push_back(j);
          fault_(keys, h);
          attend(p, in, b, h, i, keys, out.row(b, h, i));
        }
  }

 private:
  /// Online, as the file that `new` writes does it.
  static void attend(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t i,
                     const Keys& keys, float* out) {
    const int64_t group = h / (p.heads / p.kv_heads);
    const auto slope = static_cast<float>(p.alibi ? alibi_slope(p, h) : 0);
    float top = -HUGE_VALF, sum = 0;
    std::fill_n(out, p.head_dim, 0.0f);
    for (const int64_t j : keys) {
      const float* const v = in.v.row(b, group, j);
      float s = std::inner_product(in.q.row(b, h, i), in.q.row(b, h, i) + p.head_dim,
                                   in.k.row(b, group, j), 0.0f) *
                static_cast<float>(score_scale(p));
      s -= slope * static_cast<float>(std::abs(aligned_position(p, i) - j));
      const float higher = std::max(top, s);
      const float kept = std::exp(top - higher), weight = std::exp(s - higher);
      top = higher;
      sum = sum * kept + weight;
      for (int64_t d = 0; d < p.head_dim; ++d) out[d] = out[d] * kept + weight * v[d];
    }
    for (int64_t d = 0; d < p.head_dim && sum > 0; ++d) out[d] /= sum;
  }

  Spans spans_;
  Fault fault_;
};

void none(Keys&, int64_t) {}

const std::pair<const char*, Fault> kFaults[] = {
    {"the first key is left out", [](Keys& keys, int64_t) { keys.erase(keys.begin()); }},
    {"the last key is left out", [](Keys& keys, int64_t) { keys.pop_back(); }},
    {"one in the middle is left out",
     [](Keys& keys, int64_t) { keys.erase(keys.begin() + std::ssize(keys) / 2); }},
    {"a block is left out",
     [](Keys& keys, int64_t) { keys.erase(keys.begin() + 64, keys.begin() + 128); }},
    {"the last key counts twice", [](Keys& keys, int64_t) { keys.push_back(keys.back()); }},
    {"a key is taken for its neighbour", [](Keys& keys, int64_t) { keys[10] = keys[11]; }},
    {"one head leaves out a key",
     [](Keys& keys, int64_t head) {
       if (head == 3) keys.pop_back();
     }},
};

Verdict judge(const Problem& problem, const Spans& spans, const Fault& fault) {
  const Summing variant(spans, fault);
  InputSet inputs(problem, 5, InputStyle::kEqualWeights);
  machine::Buffer memory(static_cast<size_t>(output_bytes(problem)));
  const Tensor<float> out = output_tensor(problem, memory);
  const Call call{problem, nullptr, 1};
  variant.forward(call, inputs.view(), out, {});
  return check_keys(variant, call, inputs.view(), out, 64, 1);
}

void require_that_faults_are_seen(const Problem& problem, const Spans& spans) {
  const Verdict right = judge(problem, spans, none);
  INFO("kv_len " << problem.kv_len << ", " << right.reason);
  REQUIRE(right.ok);
  for (const auto& [what, fault] : kFaults) {
    INFO(what);
    const Verdict wrong = judge(problem, spans, fault);
    CHECK_FALSE(wrong.ok);
    CHECK(wrong.reason.find("with equal weights and values of +-1, batch ") == 0);
  }
}

TEST_CASE("One key too few, too many or not its own is refused at every length") {
  for (const int64_t n : {256, 1024, 8192, 65536, 131072})
    for (const bool causal : {false, true}) {
      const Problem decode{1, 4, 2, 2, n, 16, causal};
      require_that_faults_are_seen(decode, all_keys);
      CHECK(judge(decode, all_keys, none).check.rows_counted == 8);
    }
}

TEST_CASE("The same for every query of a sequence, with GQA and two batches") {
  require_that_faults_are_seen({2, 4, 2, 200, 200, 40, false}, all_keys);
}

TEST_CASE("The same for spans with steps, and for several of them") {
  const Spans strided = [](const Problem& p, int64_t query) {
    return std::vector<KeySpan>{{query % 7, p.kv_len / 2, 7}, {p.kv_len / 2, p.kv_len, 3}};
  };
  require_that_faults_are_seen({1, 4, 2, 9, 3001, 33, false}, strided);
  require_that_faults_are_seen({1, 4, 4, 9, 1023, 1, false}, strided);
}

TEST_CASE("One key too few is refused under ALiBi as well") {
  for (const int64_t n : {1024, 16384}) {
    const Problem problem{1, 8, 8, 2, n, 64, true, 0, 0, true};
    const Verdict right = judge(problem, all_keys, none);
    INFO(right.reason);
    CHECK(right.ok);
    CHECK(right.check.rows_counted >= 8);
    for (const auto& [what, fault] : kFaults) {
      INFO(what);
      CHECK_FALSE(judge(problem, all_keys, fault).ok);
    }
  }
}

TEST_CASE("Queries that see no key are right if they yield zero") {
  CHECK(judge({1, 1, 1, 9, 4, 16, true}, all_keys, none).ok);
}

TEST_CASE("Weights that are divided before they are summed up pass at every length") {
  for (const int64_t n : {1000, 131072, 1000003}) {
    const Problem problem{1, 1, 1, 1, n, 8, false};
    const InputSet inputs(problem, 5, InputStyle::kEqualWeights);
    std::vector<float> memory(8);
    const Tensor<float> out{memory.data(), 1, 1, 1, 8};
    const float weight = 1 / static_cast<float>(n);
    for (int64_t j = 0; j < n; ++j)
      for (int64_t d = 0; d < 8; ++d) out.data[d] += weight * inputs.view().v.row(0, 0, j)[d];
    const Verdict verdict =
        check_keys(Summing(all_keys, none), {problem, nullptr, 1}, inputs.view(), out, 1, 1);
    INFO(verdict.reason);
    CHECK(verdict.ok);
  }
}

TEST_CASE("NaN and what was not written are refused with their place") {
  const Problem problem{1, 1, 1, 2, 4, 3, false};
  const InputSet inputs(problem, 5, InputStyle::kEqualWeights);
  std::vector<float> memory(6);
  const Tensor<float> out{memory.data(), 1, 1, 2, 3};
  poison(out);
  CHECK(
      check_keys(Summing(all_keys, none), {problem, nullptr, 1}, inputs.view(), out, 1, 1).reason ==
      "with equal weights and values of +-1, batch 0 head 0 query 0 dim 0 was never written");
}

}  // namespace
}  // namespace attnbench::measure
