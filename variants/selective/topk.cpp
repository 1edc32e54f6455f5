// topk: each query attends only the k keys with its highest scores. All scores are computed, so
// that no choice of k keys keeps more of the attention mass.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attnbench/register.h"
#include "kernels/best_keys.h"
#include "kernels/dense.h"
#include "kernels/divide.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/vectors.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

using kernels::BestKeys;

/// The most rows of a task. It has fewer, but not fewer than eight, if their lists of candidates
/// would take more ints than this.
constexpr int64_t kMostRows = 96;
constexpr int64_t kListInts = 196608;
/// If a call has fewer tasks than this, the keys of a task are cut into segments.
constexpr int64_t kFewTasks = 16;
constexpr int64_t kFewestSegmentKeys = 2048;
/// The most ints that the lists of all segments may take.
constexpr int64_t kMostSharedInts = int64_t{1} << 26;

/// How the keys that a query may have compare: by q·k, which scale and softcap leave in order; with
/// ALiBi by the modified score.
bool compares_products(const Problem& p) {
  return !p.alibi;
}

/// How a call is cut, by its shape alone. A task is some rows of a key head: of q of all query
/// heads that read it, one after the other.
struct Cut {
  int64_t wanted, head_rows, rows, tasks_a_head, segments, segment_keys;

  explicit Cut(const Call& call) {
    const Problem& p = call.problem;
    wanted = std::min(call.params[0], p.kv_len);
    head_rows = p.q_len * (p.heads / p.kv_heads);
    rows =
        std::min(std::clamp<int64_t>(kListInts / BestKeys::ints(wanted), 8, kMostRows), head_rows);
    tasks_a_head = kernels::divide_up(head_rows, rows);
    const int64_t tasks = p.batch * p.kv_heads * tasks_a_head;
    segments = 1;
    if (tasks < kFewTasks)
      segments = std::clamp<int64_t>(p.kv_len / kFewestSegmentKeys, 1,
                                     kernels::divide_up(kFewTasks, tasks));
    if (count(tasks, segments, lists()) > Count(kMostSharedInts)) segments = 1;
    segment_keys = kernels::round_up(kernels::divide_up(p.kv_len, segments), BestKeys::kMostAdded);
  }

  int64_t list() const { return BestKeys::ints(wanted); }
  /// A thread's floats: scores of a block of keys; the weights of a row's keys.
  int64_t scores() const { return rows * BestKeys::kMostAdded; }
  int64_t thread() const { return kernels::round_up(scores() + wanted, 16); }
  /// Lists of a task, in ints: each thread has one such set, or if keys are cut each segment.
  int64_t lists() const { return rows * list(); }
};

class TopK final : public Selective {
 public:
  uint32_t takes() const noexcept override { return take::kScale | take::kSoftcap | take::kAlibi; }

  Support supports(const Call& call) const noexcept override {
    if (call.problem.kv_len > std::numeric_limits<int32_t>::max())
      return {"numbers keys in 32 bits, and so takes at most 2147483647 of them"};
    return {};
  }

  /// A score takes 2 d for each pair of a query and a key that it may see, and an output 2 d for
  /// each key that is selected.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const int64_t wanted = std::min(call.params[0], p.kv_len);
    const int64_t seeing = kernels::seeing_queries(p), fewest = kernels::fewest_keys(p);
    // Queries that may see fewer keys than are wanted select fewest, fewest + 1, ... keys.
    const int64_t short_of = p.causal ? std::clamp<int64_t>(wanted - fewest, 0, seeing) : 0;
    const Count selected_twice =
        count(2, seeing - short_of, wanted) + count(short_of, 2 * fewest + short_of - 1);
    const Count floats = count(2, p.batch, p.heads, p.q_len, p.head_dim) +
                         count(2, p.batch, p.kv_heads, p.kv_len, p.head_dim);
    return {count(p.batch, p.heads, p.head_dim) *
                (count(2) * kernels::allowed_pairs(p) + selected_twice),
            floats * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    return {.time = {{2, 0, call.problem.causal ? 0.5 : 1, "scores"},
                     {1, 0, static_cast<double>(call.params[0]), "selected keys"}},
            .memory = {0}};
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const Cut cut(call);
    const Problem& p = call.problem;
    const Count shared = cut.segments == 1 ? Count{}
                                           : count(p.batch, p.kv_heads, cut.tasks_a_head,
                                                   cut.segments, cut.lists(), sizeof(int32_t));
    const Count sizes = cut.segments == 1 ? Count{}
                                          : count(p.batch, p.kv_heads, cut.tasks_a_head,
                                                  cut.segments, cut.rows, sizeof(BestKeys));
    return count(call.threads, cut.thread() + cut.lists(), sizeof(float)) + shared + sizes;
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const Cut cut(call);
    select(call, in, cut, 0, p.batch * p.kv_heads * cut.tasks_a_head, workspace,
           [&](int64_t head, int64_t row, const BestKeys& best, float* weights) {
             attend(p, in, head, best, weights,
                    out.data + (head * cut.head_rows + row) * p.head_dim);
           });
  }

  Count decision_count(const Call& call) const noexcept override {
    return count(call.problem.q_len, std::min(call.params[0], call.problem.kv_len));
  }

  /// Each query has room for as many keys as are wanted: those selected, ascending, then -1.
  void decide(const Call& call, const Inputs& in, int64_t batch, int64_t head, int32_t* decisions,
              const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const Cut cut(call);
    const int64_t group = p.heads / p.kv_heads, key_head = batch * p.kv_heads + head / group;
    const int64_t first = head % group * p.q_len;
    select(call, in, cut, key_head * cut.tasks_a_head + first / cut.rows,
           key_head * cut.tasks_a_head + (first + p.q_len - 1) / cut.rows + 1, workspace,
           [&](int64_t, int64_t row, const BestKeys& best, float*) {
             if (row < first || row >= first + p.q_len) return;
             int32_t* const to = decisions + (row - first) * cut.wanted;
             std::fill(std::copy_n(best.keys(), best.size(), to), to + cut.wanted, -1);
           });
  }

  void selected_keys(const Call& call, const int32_t* decisions, int64_t query,
                     KeySpans& keys) const noexcept override {
    const int64_t wanted = std::min(call.params[0], call.problem.kv_len);
    const int32_t* const its = decisions + query * wanted;
    for (int64_t i = 0; i < wanted && its[i] >= 0; ++i) keys.add({its[i], int64_t{its[i]} + 1});
  }

  Regret regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                const int32_t* decisions, int64_t query) const override;

 private:
  /// Calls emit(key head, row, its best keys, floats for their weights) for the rows of some tasks.
  template <class Emit>
  static void select(const Call& call, const Inputs& in, const Cut& cut, int64_t first, int64_t end,
                     const Workspace& workspace, const Emit& emit) {
    float* const threads = reinterpret_cast<float*>(workspace.data);
    int32_t* const lists = reinterpret_cast<int32_t*>(threads + call.threads * cut.thread());
    if (cut.segments == 1) {
      kernels::for_each_task(call.threads, end - first, [&](int64_t task, int thread) {
        BestKeys best[kMostRows];
        gather(call, in, cut, first + task, 0, threads + thread * cut.thread(),
               lists + thread * cut.lists(), best);
        emit_rows(cut, first + task, best, threads + thread * cut.thread(), emit);
      });
      return;
    }
    int32_t* const segment_lists = lists + call.threads * cut.lists();
    const int64_t all = (end - first) * cut.segments;
    BestKeys* const found = reinterpret_cast<BestKeys*>(segment_lists + all * cut.lists());
    kernels::for_each_task(call.threads, all, [&](int64_t task, int thread) {
      gather(call, in, cut, first + task / cut.segments, task % cut.segments,
             threads + thread * cut.thread(), segment_lists + task * cut.lists(),
             found + task * cut.rows);
    });
    kernels::for_each_task(call.threads, end - first, [&](int64_t task, int thread) {
      BestKeys best[kMostRows];
      for (int64_t row = 0; row < cut.rows; ++row) {
        best[row] = BestKeys(cut.wanted, lists + thread * cut.lists() + row * cut.list());
        for (int64_t s = 0; s < cut.segments; ++s)
          best[row].add(found[(task * cut.segments + s) * cut.rows + row]);
        best[row].finish();
      }
      emit_rows(cut, first + task, best, threads + thread * cut.thread(), emit);
    });
  }

  template <class Emit>
  static void emit_rows(const Cut& cut, int64_t task, const BestKeys* best, float* scratch,
                        const Emit& emit) {
    const int64_t first = task % cut.tasks_a_head * cut.rows;
    for (int64_t row = first; row < std::min(first + cut.rows, cut.head_rows); ++row)
      emit(task / cut.tasks_a_head, row, best[row - first], scratch + cut.scores());
  }

  /// Finds the best keys of each row of a task, within one segment of the keys.
  static void gather(const Call& call, const Inputs& in, const Cut& cut, int64_t task,
                     int64_t segment, float* scores, int32_t* lists, BestKeys* best);

  /// Attends a row over its best keys.
  static void attend(const Problem& p, const Inputs& in, int64_t head, const BestKeys& best,
                     float* weights, float* out);
};

void TopK::gather(const Call& call, const Inputs& in, const Cut& cut, int64_t task, int64_t segment,
                  float* scores, int32_t* lists, BestKeys* best) {
  const Problem& p = call.problem;
  const int64_t head = task / cut.tasks_a_head, first = task % cut.tasks_a_head * cut.rows;
  const int64_t rows = std::min(cut.rows, cut.head_rows - first);
  const kernels::Modifiers modifiers = kernels::modifiers_of(p);
  int64_t seen = 0;
  for (int64_t i = 0; i < cut.rows; ++i) best[i] = BestKeys(cut.wanted, lists + i * cut.list());
  for (int64_t i = 0; i < rows; ++i)
    seen = std::max(seen, kernels::allowed_keys(p, (first + i) % p.q_len).end);
  const int64_t end = std::min((segment + 1) * cut.segment_keys, seen);
  for (int64_t key = segment * cut.segment_keys; key < end; key += BestKeys::kMostAdded) {
    const int64_t keys = std::min(BestKeys::kMostAdded, end - key);
    kernels::multiply_keys(in.q.data + (head * cut.head_rows + first) * p.head_dim, rows,
                           in.k.data + (head * p.kv_len + key) * p.head_dim, keys, p.head_dim,
                           scores, BestKeys::kMostAdded);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t query = (first + i) % p.q_len;
      const int64_t count = std::clamp<int64_t>(kernels::allowed_keys(p, query).end - key, 0, keys);
      float* const row = scores + i * BestKeys::kMostAdded;
      if (!compares_products(p)) {
        for (int64_t j = 0; j < count; ++j) row[j] *= modifiers.factor;
        const int64_t member = head % p.kv_heads * (p.heads / p.kv_heads) + (first + i) / p.q_len;
        kernels::modify_row(modifiers, kernels::slope_of(p, member),
                            aligned_position(p, query) - key, 1, count, row);
      }
      best[i].add(key, row, count);
    }
  }
  for (int64_t i = 0; i < rows; ++i) best[i].finish();
}

/// Adds kVectors vectors of the weighted values of some keys, rows of v that are `pitch` floats
/// apart, to out.
template <int kVectors>
void add_weighted(const float* weights, const float* v, int64_t pitch, const int32_t* keys,
                  int64_t count, float* out) {
  using namespace kernels;
  const Lanes d;
  Vec sums[kVectors];
  for (Vec& sum : sums) sum = hn::Zero(d);
  for (int64_t i = 0; i < count; ++i) {
    const Vec weight = hn::Set(d, weights[i]);
    const float* const row = v + keys[i] * pitch;
    for (int n = 0; n < kVectors; ++n)
      sums[n] = hn::MulAdd(weight, hn::LoadU(d, row + n * kLanes), sums[n]);
  }
  for (int n = 0; n < kVectors; ++n)
    hn::StoreU(hn::Add(hn::LoadU(d, out + n * kLanes), sums[n]), d, out + n * kLanes);
}

/// out += sum over i of weights[i] * v[keys[i]][:]. The sum over some keys is complete
/// before it is added, which keeps rounding errors from growing with the number of keys.
void add_weighted_rows(const float* weights, const float* v, const int32_t* keys, int64_t count,
                       int64_t head_dim, float* out) {
  using kernels::kLanes;
  constexpr int64_t kShortSum = 128;
  for (int64_t first = 0; first < count; first += kShortSum) {
    const int64_t some = std::min(kShortSum, count - first);
    const float* const its = weights + first;
    const int32_t* const from = keys + first;
    int64_t i = 0;
    for (; i + 4 * kLanes <= head_dim; i += 4 * kLanes)
      add_weighted<4>(its, v + i, head_dim, from, some, out + i);
    for (; i + kLanes <= head_dim; i += kLanes)
      add_weighted<1>(its, v + i, head_dim, from, some, out + i);
    for (; i < head_dim; ++i) {
      float sum = 0;
      for (int64_t j = 0; j < some; ++j) sum += its[j] * v[from[j] * head_dim + i];
      out[i] += sum;
    }
  }
}

void TopK::attend(const Problem& p, const Inputs& in, int64_t head, const BestKeys& best,
                  float* weights, float* out) {
  std::fill_n(out, p.head_dim, 0.0f);
  if (best.size() == 0) return;
  for (int64_t i = 0; i < best.size(); ++i) weights[i] = best.score(i);
  const kernels::Modifiers modifiers =
      compares_products(p) ? kernels::modifiers_of(p) : kernels::Modifiers{1, 0, false};
  const float inverse = 1 / kernels::weigh_row(modifiers, 0, 0, best.size(), weights).sum;
  add_weighted_rows(weights, in.v.data + head * p.kv_len * p.head_dim, best.keys(), best.size(),
                    p.head_dim, out);
  for (int64_t i = 0; i < p.head_dim; ++i) out[i] *= inverse;
}

/// The score of a key as keys are compared, and the sum of the magnitudes that it is made of.
struct Judged {
  double score = 0, magnitude = 0;
};

Judged judge(const Problem& p, const Inputs& in, int64_t batch, int64_t head, int64_t query,
             int64_t key) {
  const float* const q = in.q.row(batch, head, query);
  const float* const k = in.k.row(batch, head / (p.heads / p.kv_heads), key);
  Judged judged;
  for (int64_t i = 0; i < p.head_dim; ++i) {
    const double product = static_cast<double>(q[i]) * k[i];
    judged.score += product;
    judged.magnitude += std::abs(product);
  }
  if (compares_products(p)) return judged;
  judged.score *= score_scale(p);
  judged.magnitude *= score_scale(p);
  if (p.softcap != 0) judged.score = p.softcap * std::tanh(judged.score / p.softcap);
  const double bias =
      alibi_slope(p, head) * std::abs(static_cast<double>(aligned_position(p, query) - key));
  return {judged.score - bias, judged.magnitude + bias};
}

Regret TopK::regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                    const int32_t* decisions, int64_t query) const {
  const Problem& p = call.problem;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const int64_t wanted = std::min(call.params[0], p.kv_len);
  const int64_t seen = kernels::allowed_keys(p, query).end;
  const int32_t* const its = decisions + query * wanted;
  const int64_t expected = std::min(wanted, seen);
  for (int64_t i = 0; i < wanted; ++i) {
    const bool sound =
        i < expected ? its[i] > (i == 0 ? -1 : its[i - 1]) && its[i] < seen : its[i] == -1;
    if (!sound) return {kInfinity, 0, 0};
  }
  Judged worst{kInfinity, 0}, best{-kInfinity, 0};
  const int32_t* next = its;
  for (int64_t key = 0; key < seen; ++key) {
    const Judged judged = judge(p, in, batch, head, query, key);
    const bool selected = next < its + expected && *next == key;
    next += selected ? 1 : 0;
    if (selected && judged.score < worst.score) worst = judged;
    if (!selected && judged.score > best.score) best = judged;
  }
  return {std::max(0.0, best.score - worst.score), std::max(worst.magnitude, best.magnitude),
          p.head_dim + 2};
}

constexpr Param kParams[] = {
    {"k", 64, 1, kernels::kWidest, "keys that a query attends: those with its highest scores"}};

const Info kInfo{"topk",
                 "each query attends the k keys with its highest scores; all scores are computed",
                 Kind::kApproximate,
                 "Gupta et al. 2021, Memory-efficient Transformers via Top-k Attention",
                 kParams,
                 1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::TopK, attnbench::kInfo)
