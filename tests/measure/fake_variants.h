// Variants for tests: attention in plain float32, which is right, or wrong in one chosen way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "attnbench/variant.h"
#include "registry/registry.h"

namespace attnbench::measure::test {

enum class Behaviour {
  kTwoPasses,          ///< Right: maximum, weights, sum.
  kOnline,             ///< Right: rescales whenever the maximum grows.
  kSloppyExponential,  ///< Right: every exponential is off by up to four ulp.
  kNoScale,
  kDropsLastKey,
  kSeesOneKeyTooMany,  ///< Causal masks are off by one.
  kWrongHead,          ///< Ignores that heads share key heads.
  kLastRowWrong,       ///< Only the very last row.
  kFirstRowWrong,
  kLeavesPoison,  ///< Does not write query 1 of head 1.
  kNaN,
  kAllocates,            ///< Right, with 1 MB from malloc.
  kWritesPastWorkspace,  ///< Right, but writes one float behind its scratch.
  kWritesBeforeOutput,
  kUsesWorkspace,  ///< Right, and writes all of its 8 MiB.
  kWrongUnlessParamIsFive,
  kWrongUnlessListIsSixSeven,
  kWrongFromThirdCall,
  kOtherBitsFromThirdCall,  ///< Right, but then an element is off by an ulp.
  kWritesNothingFromSecondCall,
  kWritesNothingFromThirdCall,
  kSixteenQueriesWrong,  ///< Wrong in queries 736 to 751 of the last head.
};

/// Full attention (causal if the problem is), one thread, float32 throughout.
class Fake final : public Exact {
 public:
  explicit Fake(Behaviour behaviour) : behaviour_(behaviour) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const Problem& p = call.problem;
    const int64_t end = p.causal ? std::min(p.kv_len, aligned_position(p, query) + 1) : p.kv_len;
    if (end > 0) keys.add({0, end, 1});
  }
  Count workspace_bytes(const Call&) const noexcept override {
    return Count(is(Behaviour::kUsesWorkspace) ? 8 << 20 : 100);
  }
  Theory theory(const Call&) const noexcept override { return {}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const int calls = ++calls_;
    if (calls >= 2 && is(Behaviour::kWritesNothingFromSecondCall)) return;
    if (calls >= 3 && is(Behaviour::kWritesNothingFromThirdCall)) return;
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i) row(call, in, out, b, h, i);
    misbehave(call, out, workspace);
    if (calls >= 3 && is(Behaviour::kWrongFromThirdCall)) *out.data += 1;
    if (calls >= 3 && is(Behaviour::kOtherBitsFromThirdCall))
      *out.data = std::nextafter(*out.data, HUGE_VALF);
  }

 private:
  bool is(Behaviour behaviour) const { return behaviour_ == behaviour; }

  int64_t last_key(const Problem& p, int64_t query) const {
    const int64_t more = is(Behaviour::kSeesOneKeyTooMany) ? 1
                         : is(Behaviour::kDropsLastKey)    ? -1
                                                           : 0;
    if (!p.causal) return p.kv_len + std::min<int64_t>(more, 0);
    return std::min(p.kv_len, aligned_position(p, query) + 1 + more);
  }

  float exponential(float x) const {
    if (!is(Behaviour::kSloppyExponential)) return std::exp(x);
    const float wrong = 4 * std::numeric_limits<float>::epsilon();
    return std::exp(x) * (static_cast<int>(x * 1024) % 2 == 0 ? 1 + wrong : 1 - wrong);
  }

  void row(const Call& call, const Inputs& in, const Tensor<float>& out, int64_t b, int64_t h,
           int64_t i) const {
    if (is(Behaviour::kLeavesPoison) && h == 1 && i == 1) return;
    const Problem& p = call.problem;
    const int64_t group = is(Behaviour::kWrongHead) ? h % p.kv_heads : h / (p.heads / p.kv_heads);
    const float scale = is(Behaviour::kNoScale) ? 1 : 1 / std::sqrt(static_cast<float>(p.head_dim));
    std::vector<float> scores;
    for (int64_t j = 0; j < last_key(p, i); ++j) {
      float sum = 0;
      for (int64_t d = 0; d < p.head_dim; ++d)
        sum += in.q.row(b, h, i)[d] * in.k.row(b, group, j)[d];
      scores.push_back(sum * scale);
    }
    float* const o = out.row(b, h, i);
    std::fill_n(o, p.head_dim, 0.0f);
    if (is(Behaviour::kOnline))
      online(scores, in, b, group, o);
    else
      two_passes(scores, in, b, group, o);
  }

  void two_passes(const std::vector<float>& scores, const Inputs& in, int64_t b, int64_t group,
                  float* o) const {
    if (scores.empty()) return;
    const float top = *std::max_element(scores.begin(), scores.end());
    float sum = 0;
    for (size_t j = 0; j < scores.size(); ++j) {
      const float weight = exponential(scores[j] - top);
      sum += weight;
      for (int64_t d = 0; d < in.v.dim; ++d)
        o[d] += weight * in.v.row(b, group, static_cast<int64_t>(j))[d];
    }
    for (int64_t d = 0; d < in.v.dim; ++d) o[d] /= sum;
  }

  static void online(const std::vector<float>& scores, const Inputs& in, int64_t b, int64_t group,
                     float* o) {
    float top = -HUGE_VALF, sum = 0;
    for (size_t j = 0; j < scores.size(); ++j) {
      const float higher = std::max(top, scores[j]);
      const float fade = std::exp(top - higher);
      const float weight = std::exp(scores[j] - higher);
      top = higher;
      sum = sum * fade + weight;
      for (int64_t d = 0; d < in.v.dim; ++d)
        o[d] = o[d] * fade + weight * in.v.row(b, group, static_cast<int64_t>(j))[d];
    }
    for (int64_t d = 0; sum > 0 && d < in.v.dim; ++d) o[d] /= sum;
  }

  void misbehave(const Call& call, const Tensor<float>& out, const Workspace& workspace) const {
    float* const first = out.data;
    float* const last = out.data + out.size() - 1;
    if (is(Behaviour::kFirstRowWrong)) *first += 1;
    if (is(Behaviour::kWrongUnlessParamIsFive) && call.params[0] != 5) *first += 1;
    const bool six_seven =
        call.list.size == 2 && call.list.values[0] == 6 && call.list.values[1] == 7;
    if (is(Behaviour::kWrongUnlessListIsSixSeven) && !six_seven) *first += 1;
    if (is(Behaviour::kLastRowWrong)) *last += 1;
    for (int64_t i = 736; is(Behaviour::kSixteenQueriesWrong) && i < 752; ++i)
      *out.row(out.batch - 1, out.heads - 1, i) += 1;
    if (is(Behaviour::kNaN)) *last = std::numeric_limits<float>::quiet_NaN();
    if (is(Behaviour::kWritesBeforeOutput)) first[-1] = 1;
    if (is(Behaviour::kWritesPastWorkspace)) workspace.data[workspace.bytes] = std::byte{1};
    if (is(Behaviour::kUsesWorkspace)) std::fill_n(workspace.data, workspace.bytes, std::byte{1});
    if (is(Behaviour::kAllocates)) {
      void* volatile block = std::malloc(1'000'000);  // Volatile, so that the compiler keeps it.
      std::free(block);
    }
  }

  Behaviour behaviour_;
  mutable std::atomic<int> calls_ = 0;
};

/// A call without params.
inline Call call_of(const Problem& problem) {
  return {problem, nullptr, 1};
}

}  // namespace attnbench::measure::test
