// The exact engine: cuts attention into tasks of a few strips and feeds each the keys it sees.
//
// Tiles are transposed: SIMD lanes are queries. A strip of three vectors of query rows is
// transposed once; then the scores of 4 keys, and later the outputs of 4 dims, for the whole strip
// are twelve accumulators, with three operand registers and one broadcast: 16 registers and as many
// FMAs a load as they allow. K and V are read in place and packed nowhere. Maximum and sum of a row
// are vertical, so that there is no horizontal operation at all.
//
// Keys come in blocks of 64, so that a strip's scores and the block of K and V stay in the nearest
// caches while a task's strips pass over them: 32 cost 2 %, and more than 64 gain nothing.
// log2(e) / sqrt(head_dim) is folded into q, and exponentials are powers of two.
//
// Rows of a task are (query, head in its GQA group) pairs, heads running fastest: a group reads
// each key once, and few queries of many heads still fill the lanes. Where even so a head has few
// rows, memory sets the pace: lanes are then dims (few.h), blocks are small and the next ones asked
// for ahead, and the keys are cut into chunks (cut.h) whose results are merged in their order. A
// row's arithmetic depends on the shape alone, never on which thread runs it or how many there are.
//
// The seam for patterns is Variant::visible_keys: a strip takes its rows' first spans together,
// then their second ones, and so on. Their union is visited; blocks that every row sees go
// unmasked. Strips that see narrow spans at different places run one after the other.
//
// Percent of the FMA peak on visible pairs: two Zen 3 cores of 102 GFLOP/s, 8 heads, head_dim 64
// (128), one thread. Two threads reach 1.97 times as much.
//   n = 512: 81 (85)     causal: 75 (78)     window of 256: 70     32 sequences of 128: 70
//   n = 2048: 83 (88)    causal: 81 (85)     window of 256: 67     head_dim 40, 96, 256: 76, 86, 88
// The products take 75 of 100 units of time with a window, at 95 % of peak; 10 go to the softmax,
// 7 to the strips' way in and out, and a tenth of all pairs is visited in vain.
// Decoding, percent of the streaming bandwidth by two threads: 96 for one row a key head, 85 for
// four, 65 for eight; with 16 and more rows it is bound by FMA again, at 70 % of its peak.
#include "kernels/engine.h"

#include <algorithm>

#include "kernels/few.h"
#include "kernels/rows.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

constexpr int64_t kMaxStrips = divide_up(kLargestTile.queries, kStripRows);

/// Keeps the nth of a query's spans; empty where there are fewer.
class NthSpan final : public KeySpans {
 public:
  explicit NthSpan(int64_t n) : left_(n) {}
  void add(const KeySpan& span) noexcept override {
    if (left_-- == 0) span_ = span;
  }
  const KeySpan& span() const { return span_; }
  bool more() const { return left_ < -1; }

 private:
  int64_t left_;
  KeySpan span_;
};

/// Sets what the strip sees to the chunk's part of each row's nth span. True where a row has more
/// spans than that.
bool take_spans(const Job& job, const KeySpan& chunk, int64_t nth, Strip& strip) {
  const int64_t kv_len = job.call.problem.kv_len;
  bool more = false;
  strip.keys = {kv_len, 0};
  strip.shared_keys = {0, kv_len};
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t row = strip.first_row + std::min(lane, strip.rows - 1);
    NthSpan nth_span(nth);
    job.pattern.visible_keys(job.call, job.query(row), nth_span);
    const KeySpan seen{std::max(nth_span.span().begin, chunk.begin),
                       std::min(nth_span.span().end, chunk.end)};
    more = more || nth_span.more();
    strip.lane_keys[lane] = seen;
    strip.shared_keys.begin = std::max(strip.shared_keys.begin, seen.begin);
    strip.shared_keys.end = std::min(strip.shared_keys.end, seen.end);
    if (seen.begin >= seen.end) continue;
    strip.keys.begin = std::min(strip.keys.begin, seen.begin);
    strip.keys.end = std::max(strip.keys.end, seen.end);
  }
  strip.keys.begin -= strip.keys.begin % kKeyGrid;
  strip.keys.end = std::min(round_up(strip.keys.end, kKeyGrid), kv_len);
  return more;
}

/// Attention of some strips over the spans that they have taken, a block of keys at a time.
void attend_spans(const Job& job, Strip* strips, int64_t count, float* scores) {
  const int64_t head_dim = job.call.problem.head_dim;
  const float* k = job.inputs.k.head(job.batch, job.kv_head);
  const float* v = job.inputs.v.head(job.batch, job.kv_head);
  KeySpan all{job.call.problem.kv_len, 0};
  for (int64_t i = 0; i < count; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
  }
  const int64_t step = job.cut.block_keys;
  for (int64_t key = all.begin; key < all.end; key += step) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = std::max(key, strips[i].keys.begin);
      const int64_t end = std::min(key + step, strips[i].keys.end);
      if (begin >= end) continue;
      const KeyBlock block{k, v, begin, end, head_dim, i == 0};
      if (strips[i].vectors == 0) {
        attend_few(strips[i], block, scores);
      } else {
        attend_block(strips[i], block, scores);
      }
    }
  }
}

/// Whether the strips see so little, or so little in common, that one after the other beats sharing
/// each block of keys: blocks that begin where a strip's keys do are fewer and fuller.
bool better_apart(const Job& job, const Strip* strips, int64_t count) {
  KeySpan all{job.call.problem.kv_len, 0};
  int64_t longest = 0;
  for (int64_t i = 0; i < count; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
    longest = std::max(longest, strips[i].keys.end - strips[i].keys.begin);
  }
  return longest + job.cut.block_keys <= all.end - all.begin;
}

/// Attention of rows [begin, end) over one chunk of keys.
void attend_rows(const Job& job, int64_t begin, int64_t end, int64_t chunk, float* scratch) {
  Strip strips[kMaxStrips];
  const Problem& p = job.call.problem;
  const int64_t count = divide_up(end - begin, kStripRows);
  float* scores = scratch + 2 * p.head_dim * job.cut.task_rows;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = begin + i * kStripRows;
    load_strip(job, first, std::min(kStripRows, end - first),
               scratch + 2 * p.head_dim * i * kStripRows, strips[i]);
  }
  const int64_t first_key = chunk * job.cut.chunk_keys;
  const KeySpan keys{first_key, std::min(first_key + job.cut.chunk_keys, p.kv_len)};
  bool more = true;
  for (int64_t nth = 0; more; ++nth) {
    more = false;
    for (int64_t i = 0; i < count; ++i) more = take_spans(job, keys, nth, strips[i]) || more;
    const int64_t together = better_apart(job, strips, count) ? 1 : count;
    for (int64_t i = 0; i < count; i += together) attend_spans(job, strips + i, together, scores);
  }
  for (int64_t i = 0; i < count; ++i) {
    if (job.cut.chunks == 1) {
      store_strip(job, strips[i]);
    } else {
      store_partials(job, strips[i], chunk);
    }
  }
}

}  // namespace

size_t scratch_bytes(const Call& call, const Tile& tile) noexcept {
  const Cut cut = cut_of(call.problem, tile);
  const int64_t floats =
      call.threads * thread_floats(call.problem, tile) + all_partial_floats(call.problem, cut);
  return static_cast<size_t>(floats) * sizeof(float);
}

void attend(const Variant& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept {
  const Problem& p = call.problem;
  const Cut cut = cut_of(p, tile);
  const int64_t rows = group_rows(p);
  const int64_t heads = p.batch * p.kv_heads;
  float* const first_thread = reinterpret_cast<float*>(scratch);
  float* const partials = first_thread + call.threads * thread_floats(p, tile);
  const auto job_of = [&](int64_t head) {
    return Job{pattern, call, inputs, out, cut, partials, head / p.kv_heads, head % p.kv_heads};
  };
  const int64_t tasks_a_chunk = heads * cut.tasks_a_head;
  for_each_task(call.threads, tasks_a_chunk * cut.chunks, [&](int64_t task, int thread) {
    const int64_t head = task % tasks_a_chunk / cut.tasks_a_head;
    // Last rows first: under causal they are the longest, and the short ones even out the threads.
    const int64_t begin = (cut.tasks_a_head - 1 - task % cut.tasks_a_head) * cut.task_rows;
    attend_rows(job_of(head), begin, std::min(begin + cut.task_rows, rows), task / tasks_a_chunk,
                first_thread + thread * thread_floats(p, tile));
  });
  if (cut.chunks == 1) return;
  for_each_task(call.threads, heads * rows,
                [&](int64_t task, int) { merge_partials(job_of(task / rows), task % rows); });
}

}  // namespace attnbench::kernels
