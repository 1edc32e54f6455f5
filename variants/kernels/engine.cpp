// The exact engine: cuts attention into tasks of a few strips and feeds each the keys it sees.
//
// Tiles are transposed: SIMD lanes are queries. A strip of three vectors of query rows is
// transposed once; then the scores of 4 keys, and later the outputs of 4 dims, for the whole strip
// are twelve accumulators, with three operand registers and one broadcast: 16 registers and as many
// FMAs a load as they allow; with the 32 of AVX-512 it is 8 keys and dims. K and V are read in
// place and packed nowhere. Maximum and sum of a row are vertical, so that there is no horizontal
// operation at all.
//
// Keys come in blocks of 96, so that a strip's scores and the block of K and V stay in the nearest
// caches while a task's strips pass over them: 64 cost 1 to 2 % (a window 2 to 4), 32 another 2,
// and more than 96 gain nothing; only where one strip has all rows of a head are 64 better. The
// scale and log2(e) are folded into q, and exponentials are powers of two.
//
// Rows of a task are (query, head in its GQA group) pairs, heads running fastest: a group reads
// each key once, and few queries of many heads still fill the lanes. Where even so a head has few
// rows, memory sets the pace: keys are then read as eight streams at once (streams.h), up to four
// rows have dims for lanes (few.h), and the keys are cut into chunks (cut.h) whose results are
// merged in their order. A row's arithmetic depends on the shape alone, never on which thread runs
// it or how many there are.
//
// The seam for patterns is Variant::visible_keys: a strip walks its rows' spans in rounds, one of
// each row at a time. Of a round each block is cut where a vector of rows begins or ceases to see
// keys, and a part is left to those vectors that see it: leaving the others out makes a window of
// 256 1.09 times as fast with AVX-512, one of 64 1.24. What every lane sees goes unmasked. Strips
// that see narrow spans at different places run one after the other. Keys with a step are rows of K
// and V with a longer stride; rows that see other residues wait for a round of their own, so a
// strip's rows are those that Tile::query_step says see the same.
//
// Percent of the FMA peak on visible pairs, medians of moments in which other guests left the cores
// alone: one thread, 8 heads, head_dim 64 (128). README says by which commands.
//   A core with AVX-512, of a Xeon, 179 GFLOP/s:
//     n = 512: 78 (86)     causal: 73 (76)    window of 256: 69    32 sequences of 128: 71 (72)
//     n = 2048: 84 (87)    causal: 82 (84)    window of 256: 71    head_dim 40, 96, 256: 80, 87, 89
//   A core with AVX2, a Zen 3, 103 GFLOP/s, before blocks were cut into parts:
//     n = 512: 80 (81)     causal: 73 (70)    window of 256: 66    32 sequences of 128: 69 (72)
//     n = 2048: 83 (86)    causal: 81 (83)    window of 256: 69    head_dim 40, 96, 256: 77, 86, 86
// With AVX2 it takes 2.0 instructions an FMA (a window of 256 2.3), and a product 7 loads for 12
// FMAs, the fewest that 16 registers allow. They are what suffers where another hardware thread
// uses the core: 12 FMAs beside those loads, for which nothing waits, then fell to 83 to 92 % of
// pure FMA, and beside 7 nops to 96 to 98. Decoding reads K and V at the speed of memory up to 16
// rows a key head on the Xeon, up to four on the Zen 3, whose memory is faster and whose FMA is
// slower; with more rows FMA sets the pace, at 70 to 83 % of its peak and 66 to 82.
#include "kernels/engine.h"

#include <algorithm>
#include <utility>

#include "kernels/rounds.h"
#include "kernels/rows.h"
#include "kernels/streams.h"
#include "kernels/tasks.h"
#include "kernels/walks.h"

namespace attnbench::kernels {
namespace {

/// Rows whose state two passes may hand on at a time: half a mebibyte.
constexpr int64_t kStateRows = int64_t{1} << 16;
constexpr int64_t kMaxStrips = divide_up(kLargestTile.queries, kStripRows);

/// What a task's products ask memory for ahead of its use.
struct Wanted {
  // What the thread's next task begins with; null: nothing that is known.
  const float* q = nullptr;
  const float* out = nullptr;
  int64_t rows = 0;  ///< Of q and out.
  const float* k = nullptr;
  int64_t asked_rows = 0;  ///< From the first on.
  int64_t asked_keys = 0;  ///< Positions below which this task's keys are asked for.
};

/// Attention of a strip over one part of a block. Where lanes are queries, each product asks for as
/// many rows as it reads: the keys that come next, unless another strip has, or the next task's.
void attend_part(const Job& job, Strip& strip, const Part& part, Wanted& wanted, float* scores) {
  KeyBlock block = consecutive_keys(job, strip, part.keys);
  if (part.masked) block.begin = part.keys.begin;
  if (strip.vectors > 0) {
    const auto& [count, stride, octet_stride] = block.rows;
    const int64_t positions = count * strip.lattice.step;
    const int64_t left = wanted.rows - wanted.asked_rows;
    if (wanted.asked_keys <= block.position + positions) {
      block.first_ahead = block.k + count * stride;
      block.then_ahead = block.v + count * stride;
      wanted.asked_keys = block.position + 2 * positions;
    } else if (strip.lattice.step == 1 && left > 0 && 8 * left >= count) {
      // Beyond the last row it would ask for too many where few are left.
      block.first_ahead = wanted.q + wanted.asked_rows * stride;
      block.then_ahead = wanted.out + wanted.asked_rows * stride;
      wanted.asked_rows += count;
    }
  }
  attend_keys(strip, part.vectors, block, scores);
}

/// Attention of strips [first, last) of a task, all of one lattice, over those of its keys, a block
/// at a time.
void attend_span(const Job& job, Strip* strips, int64_t first, int64_t last, const KeySpan& keys,
                 Wanted& wanted, float* scores) {
  // Blocks of about one size: a short last one would cost more a key.
  const int64_t count = std::max<int64_t>(keys.end - keys.begin, 1);
  const int64_t step = round_up(divide_up(count, divide_up(count, job.cut.block_keys)), kKeyGrid);
  for (int64_t key = keys.begin; key < keys.end;) {
    bool any = false;
    for (int64_t i = first; i < last; ++i) {
      Strip& strip = strips[i];
      const KeySpan now{std::max(key, strip.keys.begin),
                        std::min({key + step, strip.keys.end, keys.end})};
      if (now.begin >= now.end) continue;
      Part parts[kMostParts];
      const int some = cut_to_parts(strip, now, parts);
      for (int part = 0; part < some; ++part) {
        attend_part(job, strip, parts[part], wanted, scores);
      }
      any = any || some > 0;
    }
    key = any ? key + step : next_seen(strips + first, last - first, key + step);
  }
}

/// The same over all keys of their round.
void attend_round(const Job& job, Strip* strips, int64_t first, int64_t last, Wanted& wanted,
                  float* scores) {
  KeySpan all{job.call.problem.kv_len, 0};
  for (int64_t i = first; i < last; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
  }
  KeySpan streamed{all.end, all.end};
  if (group_rows(job.call.problem) <= kStreamedRows) {
    streamed = attend_streams(job, strips + first, last - first, all,
                              std::exchange(wanted.k, nullptr), scores);
  }
  attend_span(job, strips, first, last, {all.begin, streamed.begin}, wanted, scores);
  attend_span(job, strips, first, last, {streamed.end, all.end}, wanted, scores);
}

/// What a thread keeps from task to task.
struct Worker {
  Strip strips[kMaxStrips];
  SpanWalks walks[kMaxStrips];
  // The last task's: where they are the next one's too, of another head, that sees the same.
  RowSpan rows = {0, 0};
  int64_t chunk = 0;
  bool one_round = false;  ///< All that they see is what the strips hold.
  Wanted wanted;
};

/// Attention of some rows, of which `asked` are asked for, over one chunk of keys.
void attend_rows(const Job& job, const RowSpan& rows, int64_t asked, int64_t chunk, float* scratch,
                 Worker& worker) {
  auto& [strips, walks, last_rows, last_chunk, one_round, wanted] = worker;
  const bool known = one_round && rows == last_rows && chunk == last_chunk;
  const Problem& p = job.call.problem;
  float* scores = scratch + 2 * p.head_dim * kStripRows * divide_up(job.cut.task_rows, kStripRows);
  const int64_t first_key = chunk * job.cut.chunk_keys;
  const KeySpan keys{first_key, std::min(first_key + job.cut.chunk_keys, p.kv_len)};
  int64_t count = 0;
  for (int64_t first = rows.begin; first < rows.end; ++count) {
    const int64_t some = next_strip_rows(job, std::min(rows.end, job.class_end(first)) - first);
    load_strip(job, first, some, std::max(first, rows.begin + asked),
               scratch + 2 * p.head_dim * count * kStripRows, strips[count]);
    if (!known) start_walks(job, strips[count], keys, walks[count]);
    first += some;
  }
  int64_t rounds = 0;
  for (bool more = true; more; ++rounds) {
    more = false;
    for (int64_t i = 0; !known && i < count; ++i) {
      more = take_round(job, walks[i], strips[i]) || more;
    }
    const int64_t together = better_apart(job, strips, count) ? 1 : count;
    for (int64_t i = 0; i < count; i += together) {
      attend_round(job, strips, i, i + together, wanted, scores);
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    if (job.cut.chunks == 1) {
      store_strip(job, strips[i]);
    } else {
      store_partials(job, strips[i], chunk);
    }
  }
  last_rows = rows;
  last_chunk = chunk;
  one_round = rounds == 1;
}

/// All tasks of so many key heads, of which job_of() gives the jobs.
template <class JobOf>
void attend_heads(const Variant& pattern, const Call& call, const Tile& tile, const Cut& cut,
                  int64_t heads, const JobOf& job_of, float* first_thread) {
  const Problem& p = call.problem;
  // Short tasks at the end even out the threads. Elsewhere keys are read in their order.
  const bool last_first = cut.tasks_a_head > 1 && later_rows_see_more(pattern, call);
  const int64_t tasks_a_chunk = heads * cut.tasks_a_head;
  const int64_t tasks = tasks_a_chunk * cut.chunks;
  const auto head_of = [&](int64_t task) { return task % tasks_a_chunk / cut.tasks_a_head; };
  const auto rows_of = [&](int64_t task) {
    const int64_t place = task % cut.tasks_a_head;
    return cut.rows_of(last_first ? cut.tasks_a_head - 1 - place : place, group_size(p));
  };
  // Rows of a task follow one another in q and out.
  const bool consecutive = group_size(p) == 1 && cut.order.own();
  for_each_task_with<Worker>(call.threads, tasks, [&](int64_t task, int thread, Worker& worker) {
    const Job job = job_of(head_of(task));
    const RowSpan rows = rows_of(task);
    const int64_t asked =
        consecutive && job.q_row(rows.begin) == worker.wanted.q ? worker.wanted.asked_rows : 0;
    worker.wanted = {};
    if (const int64_t after = likely_next(call.threads, tasks, task); after < tasks) {
      const Job next = job_of(head_of(after));
      if (consecutive) {
        const RowSpan its = rows_of(after);
        worker.wanted.q = next.q_row(its.begin);
        worker.wanted.out = next.out_row(its.begin);
        worker.wanted.rows = its.end - its.begin;
      }
      worker.wanted.k =
          job.inputs.k.row(next.batch, next.kv_head, after / tasks_a_chunk * cut.chunk_keys);
    }
    attend_rows(job, rows, asked, task / tasks_a_chunk,
                first_thread + thread * thread_floats(p, tile), worker);
  });
}

}  // namespace

Count scratch_bytes(const Call& call, const Tile& tile) noexcept {
  const Cut cut = cut_of(call.problem, tile);
  const int64_t floats =
      call.threads * thread_floats(call.problem, tile) + all_partial_floats(call.problem, cut);
  return count(floats, sizeof(float));
}

Count scratch_bytes(const Call& call, const Tile& first, const Tile& second) noexcept {
  const int64_t floats = call.threads * std::max(thread_floats(call.problem, first),
                                                 thread_floats(call.problem, second)) +
                         kStateRows * kStateFloats;
  return count(floats, sizeof(float));
}

void attend(const Variant& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept {
  const Problem& p = call.problem;
  const Cut cut = cut_of(p, tile);
  float* const first_thread = reinterpret_cast<float*>(scratch);
  float* const partials = first_thread + call.threads * thread_floats(p, tile);
  const Modifiers modifiers = modifiers_of(p);
  const auto job_of = [&](int64_t head) {
    return Job{pattern,          call, inputs, out, cut, modifiers, partials, head / p.kv_heads,
               head % p.kv_heads};
  };
  const int64_t heads = p.batch * p.kv_heads;
  attend_heads(pattern, call, tile, cut, heads, job_of, first_thread);
  if (cut.chunks == 1) return;
  const int64_t rows = group_rows(p);
  for_each_task(call.threads, heads * rows,
                [&](int64_t task, int) { merge_partials(job_of(task / rows), task % rows); });
}

void attend(const Pass& first, const Pass& second, const Call& call, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept {
  const Problem& p = call.problem;
  float* const state = reinterpret_cast<float*>(scratch);
  float* const first_thread = state + kStateRows * kStateFloats;
  const int64_t group = group_size(p);
  const int64_t heads = p.batch * p.kv_heads;
  const Modifiers modifiers = modifiers_of(p);
  // As many queries as the state has room for, and heads of them. Threads have no say in it.
  const int64_t most = std::clamp<int64_t>(kStateRows / group, 1, p.q_len);
  const int64_t heads_at_once = std::max<int64_t>(kStateRows / (most * group), 1);
  Problem part = p;
  for (int64_t query = 0; query < p.q_len; query += most) {
    part.q_len = std::min(most, p.q_len - query);
    for (int64_t head = 0; head < heads; head += heads_at_once) {
      for (const Pass* pass : {&first, &second}) {
        const Cut cut = cut_rows(part, pass->tile);
        const auto job_of = [&](int64_t which) {
          const int64_t of = head + which;
          return Job{pass->pattern,
                     call,
                     inputs,
                     out,
                     cut,
                     modifiers,
                     nullptr,
                     of / p.kv_heads,
                     of % p.kv_heads,
                     query,
                     state + which * part.q_len * group * kStateFloats,
                     pass == &first,
                     pass == &first ? nullptr : &first.pattern};
        };
        attend_heads(pass->pattern, call, pass->tile, cut, std::min(heads_at_once, heads - head),
                     job_of, first_thread);
      }
    }
  }
}

}  // namespace attnbench::kernels
