// The exact engine: cuts attention into tasks of a few strips and feeds each the keys it sees.
//
// Tiles are transposed: SIMD lanes are queries. A strip of three vectors of query rows is
// transposed once; then the scores of 4 keys, and later the outputs of 4 dims, for the whole strip
// are twelve accumulators, with three operand registers and one broadcast: 16 registers and as many
// FMAs a load as they allow. K and V are read in place and packed nowhere. Maximum and sum of a row
// are vertical, so that there is no horizontal operation at all.
//
// Keys come in blocks of 64, so that a strip's scores and the block of K and V stay in the nearest
// caches while a task's strips pass over them. log2(e) / sqrt(head_dim) is folded into q, and
// exponentials are powers of two.
//
// Rows of a task are (query, head in its GQA group) pairs, heads running fastest: a group reads
// each key once, and few queries of many heads still fill the lanes. A row's arithmetic depends on
// its strip alone, never on which thread runs it or how many there are.
//
// The seam for patterns is Variant::visible_keys: a strip takes its rows' first spans together,
// then their second ones, and so on. Their union is visited; blocks that every row sees go
// unmasked.
#include "kernels/engine.h"

#include <algorithm>
#include <cmath>

#include "kernels/exp2.h"
#include "kernels/few.h"
#include "kernels/strip.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

constexpr int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
constexpr int64_t round_up(int64_t a, int64_t b) {
  return divide_up(a, b) * b;
}

constexpr int64_t strips_a_task(const Tile& tile) {
  return divide_up(tile.queries, kStripRows);
}
constexpr int64_t keys_a_block(const Tile& tile) {
  return round_up(tile.keys, kKeyGrid);
}
constexpr int64_t kMaxStrips = strips_a_task(kLargestTile);

/// Rows of all the query heads that share one key head.
int64_t group_size(const Problem& p) {
  return p.heads / p.kv_heads;
}
int64_t group_rows(const Problem& p) {
  return p.q_len * group_size(p);
}

/// Floats of one thread's scratch: q and out of each strip, and one block of scores.
int64_t scratch_floats(const Call& call, const Tile& tile) {
  const int64_t strip_floats = 2 * call.problem.head_dim * kStripRows;
  const int64_t scores = keys_a_block(tile) * kStripRows;
  return round_up(strips_a_task(tile) * strip_floats + scores, 16);
}

/// How one call is cut into tasks. Never by the number of threads: the bits must not depend on it.
struct Cut {
  int64_t task_rows;
  int64_t tasks_a_head;
  int64_t chunks;  ///< Stretches of keys that are attended apart and merged in their order.
  int64_t chunk_keys;
};

/// Few queries of few heads are too few tasks for many threads: their keys are cut too.
constexpr int64_t kEnoughTasks = 256;
constexpr int64_t kMinChunkKeys = 512;
constexpr int64_t kMinKeysAQuery = 64;
/// Bounds what the results of chunks take, so that kLargestTile still keeps to its promise.
constexpr int64_t kMaxPartialFloats = 49152;

/// A row's unscaled output, its reference and its sum of weights.
int64_t partial_floats(const Problem& p) {
  return p.head_dim + 2;
}

Cut cut_of(const Call& call, const Tile& tile) {
  const Problem& p = call.problem;
  const int64_t rows = group_rows(p);
  const int64_t heads = p.batch * p.kv_heads;
  Cut cut{strips_a_task(tile) * kStripRows, 0, 1, p.kv_len};
  cut.tasks_a_head = divide_up(rows, cut.task_rows);
  if (p.kv_len < kMinKeysAQuery * p.q_len) return cut;
  const int64_t chunks =
      std::min({kMaxPartialFloats / (heads * rows * partial_floats(p)),
                kEnoughTasks / (heads * cut.tasks_a_head), p.kv_len / kMinChunkKeys});
  if (chunks < 2) return cut;
  cut.chunk_keys = round_up(divide_up(p.kv_len, chunks), keys_a_block(tile));
  cut.chunks = divide_up(p.kv_len, cut.chunk_keys);
  return cut;
}

/// Floats of all chunks' results; 0 where keys are not cut.
int64_t all_partial_floats(const Problem& p, const Cut& cut) {
  if (cut.chunks == 1) return 0;
  return round_up(p.batch * p.kv_heads * group_rows(p) * cut.chunks * partial_floats(p), 16);
}

/// One key head of one batch entry, and everything around it.
struct Job {
  const Variant& pattern;
  const Call& call;
  const Inputs& inputs;
  const Tensor<float>& out;
  const Cut& cut;
  float* partials;
  int64_t batch;
  int64_t kv_head;

  int64_t query(int64_t row) const { return row / group_size(call.problem); }
  int64_t head(int64_t row) const {
    const int64_t group = group_size(call.problem);
    return kv_head * group + row % group;
  }
  /// Where a chunk's result for a row goes.
  float* partial(int64_t row, int64_t chunk) const {
    const Problem& p = call.problem;
    const int64_t rows_before = (batch * p.kv_heads + kv_head) * group_rows(p) + row;
    return partials + (rows_before * cut.chunks + chunk) * partial_floats(p);
  }
};

/// Chooses the way to compute the strip's rows, and the layout of q and out that goes with it.
void shape(Strip& strip, int64_t head_dim) {
  const bool few = strip.rows <= kFewRows && head_dim % kLanes == 0;
  strip.vectors = few ? 0 : static_cast<int>(divide_up(strip.rows, kLanes));
  strip.lanes = few ? strip.rows : strip.vectors * kLanes;
  strip.lane_stride = few ? head_dim : 1;
  strip.dim_stride = few ? 1 : strip.lanes;
}

void load_strip(const Job& job, Strip& strip) {
  const int64_t head_dim = job.call.problem.head_dim;
  const float scale = kLog2E / std::sqrt(static_cast<float>(head_dim));
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t row = strip.first_row + std::min(lane, strip.rows - 1);
    const float* q = job.inputs.q.row(job.batch, job.head(row), job.query(row));
    float* to = strip.q + lane * strip.lane_stride;
    for (int64_t dim = 0; dim < head_dim; ++dim) to[dim * strip.dim_stride] = q[dim] * scale;
  }
  std::fill_n(strip.out, head_dim * strip.lanes, 0.0f);
  std::fill_n(strip.reference, kStripRows, kNothingSeen);
  std::fill_n(strip.weight_sum, kStripRows, 0.0f);
}

void store_strip(const Job& job, const Strip& strip) {
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    const int64_t row = strip.first_row + lane;
    const float* from = strip.out + lane * strip.lane_stride;
    const bool seen = strip.reference[lane] != kNothingSeen;
    const float scale = seen ? 1 / strip.weight_sum[lane] : 0;
    float* out = job.out.row(job.batch, job.head(row), job.query(row));
    for (int64_t dim = 0; dim < job.out.dim; ++dim) out[dim] = from[dim * strip.dim_stride] * scale;
  }
}

/// Leaves the strip's rows to be merged with those of other chunks.
void store_partials(const Job& job, const Strip& strip, int64_t chunk) {
  const int64_t head_dim = job.out.dim;
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    float* partial = job.partial(strip.first_row + lane, chunk);
    const float* from = strip.out + lane * strip.lane_stride;
    for (int64_t dim = 0; dim < head_dim; ++dim) partial[dim] = from[dim * strip.dim_stride];
    partial[head_dim] = strip.reference[lane];
    partial[head_dim + 1] = strip.weight_sum[lane];
  }
}

/// A row's output from the results of all chunks.
void merge_partials(const Job& job, int64_t row) {
  const int64_t head_dim = job.out.dim;
  float* out = job.out.row(job.batch, job.head(row), job.query(row));
  float top = kNothingSeen;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    top = std::max(top, job.partial(row, chunk)[head_dim]);
  }
  float weight_sum = 0;
  std::fill_n(out, head_dim, 0.0f);
  if (top == kNothingSeen) return;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    const float* partial = job.partial(row, chunk);
    const float factor = exp2_of(partial[head_dim] - top);
    weight_sum += partial[head_dim + 1] * factor;
    for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] += partial[dim] * factor;
  }
  for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] /= weight_sum;
}

/// Keeps the nth of a query's spans; empty where there are fewer.
class NthSpan final : public KeySpans {
 public:
  explicit NthSpan(int64_t n) : skip_(n) {}
  void add(const KeySpan& span) noexcept override {
    if (skip_-- == 0) span_ = span;
  }
  const KeySpan& span() const { return span_; }
  bool found() const { return skip_ < 0; }

 private:
  int64_t skip_;
  KeySpan span_;
};

/// Sets what the strip sees to the chunk's part of each row's nth span. False where no row has so
/// many.
bool take_spans(const Job& job, const KeySpan& chunk, int64_t nth, Strip& strip) {
  const int64_t kv_len = job.call.problem.kv_len;
  bool found = false;
  strip.keys = {kv_len, 0};
  strip.shared_keys = {0, kv_len};
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t row = strip.first_row + std::min(lane, strip.rows - 1);
    NthSpan nth_span(nth);
    job.pattern.visible_keys(job.call, job.query(row), nth_span);
    const KeySpan seen{std::max(nth_span.span().begin, chunk.begin),
                       std::min(nth_span.span().end, chunk.end)};
    found = found || nth_span.found();
    strip.lane_keys[lane] = seen;
    strip.shared_keys.begin = std::max(strip.shared_keys.begin, seen.begin);
    strip.shared_keys.end = std::min(strip.shared_keys.end, seen.end);
    if (seen.begin >= seen.end) continue;
    strip.keys.begin = std::min(strip.keys.begin, seen.begin);
    strip.keys.end = std::max(strip.keys.end, seen.end);
  }
  strip.keys.begin -= strip.keys.begin % kKeyGrid;
  strip.keys.end = std::min(round_up(strip.keys.end, kKeyGrid), kv_len);
  return found;
}

/// Attention of a task's strips over the spans they have taken, a block of keys at a time.
void attend_spans(const Job& job, const Tile& tile, Strip* strips, int64_t count, float* scores) {
  const int64_t head_dim = job.call.problem.head_dim;
  const float* k = job.inputs.k.head(job.batch, job.kv_head);
  const float* v = job.inputs.v.head(job.batch, job.kv_head);
  KeySpan all{job.call.problem.kv_len, 0};
  for (int64_t i = 0; i < count; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
  }
  const int64_t step = keys_a_block(tile);
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

/// Attention of rows [begin, end) over one chunk of keys.
void attend_rows(const Job& job, const Tile& tile, int64_t begin, int64_t end, int64_t chunk,
                 float* scratch) {
  Strip strips[kMaxStrips];
  const int64_t count = divide_up(end - begin, kStripRows);
  const int64_t strip_floats = job.call.problem.head_dim * kStripRows;
  float* scores = scratch + 2 * strips_a_task(tile) * strip_floats;
  for (int64_t i = 0; i < count; ++i) {
    Strip& strip = strips[i];
    strip.q = scratch + 2 * i * strip_floats;
    strip.out = strip.q + strip_floats;
    strip.first_row = begin + i * kStripRows;
    strip.rows = std::min(kStripRows, end - strip.first_row);
    shape(strip, job.call.problem.head_dim);
    load_strip(job, strip);
  }
  const int64_t first_key = chunk * job.cut.chunk_keys;
  const KeySpan keys{first_key, std::min(first_key + job.cut.chunk_keys, job.call.problem.kv_len)};
  bool more = true;
  for (int64_t nth = 0; more; ++nth) {
    more = false;
    for (int64_t i = 0; i < count; ++i) more = take_spans(job, keys, nth, strips[i]) || more;
    if (more) attend_spans(job, tile, strips, count, scores);
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
  const int64_t floats = call.threads * scratch_floats(call, tile) +
                         all_partial_floats(call.problem, cut_of(call, tile));
  return static_cast<size_t>(floats) * sizeof(float);
}

void attend(const Variant& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept {
  const Problem& p = call.problem;
  const int64_t rows = group_rows(p);
  const int64_t heads = p.batch * p.kv_heads;
  const Cut cut = cut_of(call, tile);
  const int64_t thread_floats = scratch_floats(call, tile);
  float* const threads_scratch = reinterpret_cast<float*>(scratch);
  float* const partials = threads_scratch + call.threads * thread_floats;
  const auto job_of = [&](int64_t head) {
    return Job{pattern, call, inputs, out, cut, partials, head / p.kv_heads, head % p.kv_heads};
  };
  const int64_t tasks_a_chunk = heads * cut.tasks_a_head;
  for_each_task(call.threads, tasks_a_chunk * cut.chunks, [&](int64_t task, int thread) {
    const int64_t chunk = task / tasks_a_chunk;
    const int64_t head = task % tasks_a_chunk / cut.tasks_a_head;
    // Last rows first: under causal they are the longest, and the short ones even out the threads.
    const int64_t begin = (cut.tasks_a_head - 1 - task % cut.tasks_a_head) * cut.task_rows;
    attend_rows(job_of(head), tile, begin, std::min(begin + cut.task_rows, rows), chunk,
                threads_scratch + thread * thread_floats);
  });
  if (cut.chunks == 1) return;
  for_each_task(call.threads, heads * rows,
                [&](int64_t task, int) { merge_partials(job_of(task / rows), task % rows); });
}

}  // namespace attnbench::kernels
