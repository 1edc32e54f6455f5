// Each promise of the contract, tried on one problem.
#include "conformance/promises.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "conformance/stage.h"
#include "measure/check_keys.h"
#include "measure/check_output.h"
#include "measure/memory.h"

namespace attnbench::conformance {
namespace {

constexpr const char* kNoKeys = "only exact variants state which keys a query sees";

constexpr int kThreadCounts[] = {1, 2, kMostThreads};

Attempt held() {
  return {};
}
Attempt broken(std::string failure) {
  return {std::move(failure), {}, {}};
}
Attempt untried(std::string reason) {
  return {{}, std::move(reason), {}};
}

/// Where two outputs first differ in bits; empty if nowhere. `a` and `b` say how each was made.
std::string difference(const Stage& stage, const std::vector<float>& x, const std::string& a,
                       const std::vector<float>& y, const std::string& b) {
  for (size_t i = 0; i < x.size(); ++i)
    if (std::bit_cast<uint32_t>(x[i]) != std::bit_cast<uint32_t>(y[i]))
      return measure::place(stage.out(), static_cast<int64_t>(i)) + ": " + std::to_string(x[i]) +
             " " + a + ", " + std::to_string(y[i]) + " " + b;
  return {};
}

/// How out disagrees with the oracle, in any row; empty if it agrees.
std::string judged(const registry::Entry& entry, const Stage& stage) {
  const int64_t rows = stage.out().batch * stage.out().heads * stage.out().len;
  return measure::check_output(*entry.variant, stage.call(), stage.inputs(), stage.out(), rows, 0)
      .reason;
}

Attempt stays_inside(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  return broken(stage.trespass());
}

std::string to_text(const KeySpan& span) {
  std::string text = "[";  // Appended to: GCC 12 warns of an overlap in "[" + std::string().
  text += std::to_string(span.begin) + ", " + std::to_string(span.end) + ") step " +
          std::to_string(span.step);
  return text;
}

/// What is wrong with the keys of one query; empty if nothing is.
std::string malformed_keys(const Problem& p, int64_t query, const std::vector<KeySpan>& spans) {
  const int64_t last = p.causal ? aligned_position(p, query) : p.kv_len - 1;
  int64_t previous_end = 0, counted = 0, seen = 0;
  for (const KeySpan& s : spans) {
    const std::string span = to_text(s);
    if (s.step < 1) return span + " has a step below 1";
    if (s.begin < 0 || s.end > p.kv_len) return span + " leaves [0, kv_len)";
    if (s.begin >= s.end) return span + " is empty";
    if (s.begin < previous_end) return span + " begins before the span ahead of it ends";
    previous_end = s.end;
    counted += registry::key_count(s);
    for (int64_t key = s.begin; key < s.end; key += s.step, ++seen)
      if (key > last)
        return "key " + std::to_string(key) + " is ahead of position " + std::to_string(last);
  }
  if (counted == seen) return {};
  return std::to_string(counted) + " keys are counted, " + std::to_string(seen) + " seen";
}

Attempt states_keys(const registry::Entry& entry, const Trial& trial) {
  if (entry.variant->exact() == nullptr) return untried(kNoKeys);
  for (int64_t i = 0; i < trial.problem.q_len; ++i) {
    const auto spans = registry::visible_keys(*entry.variant->exact(), trial.call(), i);
    const std::string wrong = malformed_keys(trial.problem, i, spans);
    if (!wrong.empty()) return broken("query " + std::to_string(i) + ": " + wrong);
  }
  return held();
}

bool same_spans(const std::vector<KeySpan>& a, const std::vector<KeySpan>& b) {
  return std::ranges::equal(a, b, [](const KeySpan& x, const KeySpan& y) {
    return x.begin == y.begin && x.end == y.end && x.step == y.step;
  });
}

/// Compares the answers before and after a call of forward and questions about other problems.
Attempt answers_the_same(const registry::Entry& entry, const Trial& trial) {
  const Variant& variant = *entry.variant;
  const int64_t last = trial.problem.q_len - 1;
  const Count bytes = variant.workspace_bytes(trial.call());
  const auto keys = [&] {
    return variant.exact() == nullptr
               ? std::vector<KeySpan>()
               : registry::visible_keys(*variant.exact(), trial.call(), last);
  };
  const auto spans = keys();
  Stage(entry, trial).forward();
  for (const Trial& other : smaller_trials(entry, trial))
    if (registry::refusal(variant, other.call()).empty()) variant.workspace_bytes(other.call());
  const Count bytes_after = variant.workspace_bytes(trial.call());
  if (bytes_after != bytes)
    return broken("workspace_bytes is " + std::to_string(bytes.value()) + " at first, then " +
                  std::to_string(bytes_after.value()));
  if (!registry::refusal(variant, trial.call()).empty())
    return broken("supports says yes at first, then no");
  if (!same_spans(spans, keys()))
    return broken("query " + std::to_string(last) + ": visible_keys changes");
  return held();
}

/// Ways to double one dimension of a problem, or two that are tied.
constexpr void (*kDoublings[])(Trial&) = {
    [](Trial& t) { t.problem.batch *= 2; },
    [](Trial& t) { t.problem.heads *= 2; },
    [](Trial& t) { t.problem.heads *= 2, t.problem.kv_heads *= 2; },
    [](Trial& t) { t.problem.q_len *= 2; },
    [](Trial& t) { t.problem.kv_len *= 2; },
    [](Trial& t) { t.problem.q_len *= 2, t.problem.kv_len *= 2; },
    [](Trial& t) { t.problem.head_dim *= 2; },
    [](Trial& t) { t.threads *= 2; },
};

bool is_within_limits(const Trial& trial) {
  const Problem& p = trial.problem;
  return p.batch <= kMaxBatch && p.heads <= kMaxHeads && p.q_len <= kMaxLength &&
         p.kv_len <= kMaxLength && p.head_dim <= kMaxHeadDim && trial.threads <= kMaxThreads;
}

/// Doubles one dimension after another, in an order that the seed decides, up to the largest
/// problem that there is. If the bytes fall on the way, they have wrapped around.
Attempt declares_without_wrapping(const registry::Entry& entry, const Trial& trial) {
  Trial largest = trial;
  Count bytes = entry.variant->workspace_bytes(trial.call());
  Rng rng(trial.seed);
  std::vector doublings(std::begin(kDoublings), std::end(kDoublings));
  while (!doublings.empty()) {
    const auto doubling = doublings.begin() + static_cast<ptrdiff_t>(rng() % doublings.size());
    Trial next = largest;
    (*doubling)(next);
    if (!is_within_limits(next) || !registry::refusal(*entry.variant, next.call()).empty()) {
      doublings.erase(doubling);
      continue;
    }
    const Count next_bytes = entry.variant->workspace_bytes(next.call());
    if (bytes > kSteadyBytes && next_bytes < bytes)
      return broken("workspace_bytes falls from " + std::to_string(bytes.value()) + " to " +
                    std::to_string(next_bytes.value()) + " as the problem grows to " +
                    describe(entry, next) + "; multiply with count()");
    bytes = std::max(bytes, next_bytes);
    largest = next;
  }
  return held();
}

/// 0xFF makes NaNs, 0x7E floats near 8e37, which a maximum or sum that skips NaNs would keep.
Attempt ignores_old_contents(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  const auto clean = stage.forward_over(std::byte{0x00});
  for (const auto& [fill, name] : {std::pair(0xFF, "over NaNs"), std::pair(0x7E, "over 8e37")}) {
    const auto soiled = stage.forward_over(static_cast<std::byte>(fill));
    const std::string differs = difference(stage, clean, "over zeros", soiled, name);
    if (!differs.empty()) return broken(differs);
  }
  return held();
}

Attempt leaves_inputs(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  const measure::InputSet original(trial.problem, trial.seed, trial.style, record::Pages::kHuge,
                                   registry::extra_inputs(*entry.variant, trial.call()));
  const auto same = [](const Tensor<const float>& a, const Tensor<const float>& b) {
    return std::memcmp(a.data, b.data, static_cast<size_t>(a.size()) * sizeof(float)) == 0;
  };
  if (!same(original.view().q, stage.inputs().q)) return broken("q is changed");
  if (!same(original.view().k, stage.inputs().k)) return broken("k is changed");
  if (!same(original.view().v, stage.inputs().v)) return broken("v is changed");
  for (int64_t i = 0; i < stage.inputs().extra_count; ++i)
    if (!same(original.view().extra[i], stage.inputs().extra[i]))
      return broken("an input that it declares is changed: number " + std::to_string(i + 1));
  return held();
}

Attempt agrees_with_oracle(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  return broken(judged(entry, stage));
}

void give_equal_weights(Trial& trial) {
  trial.style = measure::InputStyle::kEqualWeights;
}

Attempt sees_each_key_once(const registry::Entry& entry, const Trial& trial) {
  if (entry.variant->exact() == nullptr && entry.variant->selective() == nullptr)
    return untried("it is no softmax over keys");
  Stage stage(entry, trial);
  stage.forward();
  const int64_t rows = stage.out().batch * stage.out().heads * stage.out().len;
  return broken(
      measure::check_keys(*entry.variant, stage.call(), stage.inputs(), stage.out(), rows, 0)
          .reason);
}

void make_extreme(Trial& trial) {
  constexpr std::array kStyles{measure::InputStyle::kLargeLogits, measure::InputStyle::kAllEqual,
                               measure::InputStyle::kOneHot};
  trial.style = kStyles[trial.seed / 2 % kStyles.size()];
}

void put_queries_ahead(Trial& trial) {
  trial.problem.causal = true;
  if (trial.problem.q_len < trial.problem.kv_len)
    std::swap(trial.problem.q_len, trial.problem.kv_len);
}

Attempt blind_queries_yield_zero(const registry::Entry& entry, const Trial& trial) {
  if (entry.variant->exact() == nullptr) return untried(kNoKeys);
  std::vector<int64_t> blind;
  for (int64_t i = 0; i < trial.problem.q_len; ++i)
    if (registry::visible_keys(*entry.variant->exact(), trial.call(), i).empty())
      blind.push_back(i);
  if (blind.empty()) return untried("every query sees a key");
  Stage stage(entry, trial);
  stage.forward();
  const Tensor<float>& out = stage.out();
  for (int64_t b = 0; b < out.batch; ++b)
    for (int64_t h = 0; h < out.heads; ++h)
      for (const int64_t i : blind)
        for (const float* x = out.row(b, h, i); x < out.row(b, h, i) + out.dim; ++x)
          if (*x != 0)
            return broken(measure::place(out, x - out.data) + ": expected 0, got " +
                          std::to_string(*x));
  return held();
}

/// The keys that no query sees.
std::vector<int64_t> unseen_keys(const registry::Entry& entry, const Trial& trial) {
  std::vector<bool> seen(static_cast<size_t>(trial.problem.kv_len));
  for (int64_t i = 0; i < trial.problem.q_len; ++i)
    for (const KeySpan& s : registry::visible_keys(*entry.variant->exact(), trial.call(), i))
      for (int64_t key = s.begin; key < s.end; key += s.step) seen[static_cast<size_t>(key)] = true;
  std::vector<int64_t> unseen;
  for (int64_t key = 0; key < trial.problem.kv_len; ++key)
    if (!seen[static_cast<size_t>(key)]) unseen.push_back(key);
  return unseen;
}

/// With few queries, most patterns that can leave keys unseen do so.
void take_few_queries(Trial& trial) {
  const int64_t most = std::min<int64_t>(64, trial.problem.kv_len);
  trial.problem.q_len = 1 + static_cast<int64_t>(trial.seed / 2 % static_cast<uint64_t>(most));
}

/// Other bits may be right, too: a kernel may treat values that are not finite another way.
Attempt ignores_unseen_keys(const registry::Entry& entry, const Trial& trial) {
  if (entry.variant->exact() == nullptr) return untried(kNoKeys);
  const std::vector<int64_t> unseen = unseen_keys(entry, trial);
  if (unseen.empty()) return untried("each key is seen by some query");
  Stage stage(entry, trial);
  const auto clean = stage.forward();
  stage.spoil_keys(unseen);
  const auto spoilt = stage.forward();
  if (difference(stage, clean, "", spoilt, "").empty()) return held();
  const std::string wrong = judged(entry, stage);
  if (wrong.empty()) return held();
  return broken("with NaN, infinity or 3.4e38 in the keys that no query sees, from key " +
                std::to_string(unseen.front()) + " on, " + wrong);
}

/// Counts a later call: the first may make the OpenMP runtime set up its threads.
Attempt takes_no_heap(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  stage.forward();
  const measure::HeapPeak peak = measure::heap_peak_of([&] { stage.call_forward(); });
  if (!peak.bytes) return untried(peak.reason);
  if (*peak.bytes == 0) return held();
  return broken(std::to_string(*peak.bytes) + " bytes are allocated at once");
}

Attempt repeats_itself(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  const auto first = stage.forward();
  const auto second = stage.forward();
  return broken(difference(stage, first, "at first", second, "the second time"));
}

Attempt agrees_across_threads(const registry::Entry& entry, const Trial& trial) {
  std::vector<float> one;
  bool same_bits = true;
  for (const int threads : kThreadCounts) {
    Trial with = trial;
    with.threads = threads;
    Stage stage(entry, with);
    const std::vector<float> out = stage.forward();
    if (threads == 1) one = out;
    const bool same = difference(stage, one, "", out, "").empty();
    same_bits = same_bits && same;
    if (same && threads != 1) continue;
    const std::string wrong = judged(entry, stage);
    if (!wrong.empty()) return broken("with " + std::to_string(threads) + " threads, " + wrong);
  }
  return {{}, {}, same_bits ? "same bits with 1, 2 and 3 threads" : ""};
}

constexpr Promise kPromises[] = {
    {"states well-formed keys", states_keys},
    {"stays inside its memory", stays_inside},
    {"answers the same when asked again", answers_the_same},
    {"declares a workspace that never wraps around", declares_without_wrapping},
    {"ignores what out and workspace held", ignores_old_contents},
    {"leaves its inputs alone", leaves_inputs},
    {"agrees with the oracle", agrees_with_oracle},
    {"sees each key once", sees_each_key_once, give_equal_weights},
    {"withstands extreme inputs", agrees_with_oracle, make_extreme},
    {"yields zero where no key is seen", blind_queries_yield_zero, put_queries_ahead},
    {"ignores keys that no query sees", ignores_unseen_keys, take_few_queries},
    {"takes nothing from the heap", takes_no_heap},
    {"gives the same bits when run twice", repeats_itself},
    {"agrees across thread counts", agrees_across_threads},
};

}  // namespace

std::span<const Promise> promises() {
  return kPromises;
}

}  // namespace attnbench::conformance
