// Transposes query rows into strips, and strips into output rows.
#include "kernels/rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/bf16.h"
#include "kernels/decode.h"
#include "kernels/exp2.h"
#include "kernels/lone_row.h"
#include "kernels/microkernel.h"
#include "kernels/narrow.h"
#include "kernels/prefetch.h"
#include "kernels/transpose.h"

namespace attnbench::kernels {
namespace {

/// Whether so many rows are done as decoding, with dims for lanes.
bool is_decoding(const Problem& p, int64_t rows) {
  return rows <= kDecodeRows && p.head_dim % kLanes == 0 && decodes_in_place(p.kv_dtype);
}

/// Chooses how the strip's rows are computed, and with that the layout of q and out.
void shape(const Problem& p, Strip& strip) {
  const bool decoding = is_decoding(p, strip.rows);
  strip.vectors = decoding ? 0 : static_cast<int>(divide_up(strip.rows, kLanes));
  strip.has_pairs = !decoding && multiplies_pairs(p);
  if (in_pairs(strip.vectors) && (p.head_dim % 2 != 0 || strip.has_pairs)) strip.vectors = 2;
  strip.lanes = decoding ? static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(strip.rows)))
                         : strip.vectors * kLanes;
}

/// Calls visit(dim, place) for each dim of a lane from `begin` on: its place is where the strip's q
/// and out hold it.
template <class Visit>
HWY_INLINE void for_each_dim(const Strip& strip, int64_t lane, int64_t begin, int64_t head_dim,
                             const Visit& visit) {
  if (strip.is_decoding()) {
    for (int64_t dim = begin; dim < head_dim; ++dim) visit(dim, lane * head_dim + dim);
  } else if (in_pairs(strip.vectors)) {
    const int64_t place = lane % 2 * strip.lanes + lane / 2 * 2;
    for (int64_t dim = begin; dim < head_dim; dim += 2) {
      visit(dim, place + dim * strip.lanes);
      visit(dim + 1, place + dim * strip.lanes + 1);
    }
  } else {
    for (int64_t dim = begin; dim < head_dim; ++dim) visit(dim, dim * strip.lanes + lane);
  }
}

/// Calls visit(i, query, member) for each row i of a strip, where member is the place of the row's
/// head in its group. This takes no division per row.
template <class Visit>
HWY_INLINE void for_each_row(const Job& job, int64_t first_row, int64_t rows, const Visit& visit) {
  const int64_t step = job.cut.order.step();
  int64_t query = job.query(first_row);
  if (job.group == 1) {
    for (int64_t i = 0; i < rows; ++i, query += step) visit(i, query, int64_t{0});
    return;
  }
  int64_t member = job.head(first_row) - job.kv_head * job.group;
  for (int64_t i = 0; i < rows; ++i) {
    visit(i, query, member);
    if (++member < job.group) continue;
    member = 0;
    query += step;
  }
}

/// Finds where a strip's rows lie in a tensor of float32.
template <class T>
HWY_INLINE void find_rows(const Job& job, const Tensor<T>& tensor, int64_t first_row, int64_t rows,
                          T** to) {
  T* const first = tensor.head(job.batch, job.kv_head * job.group);
  const int64_t head_floats = tensor.len * tensor.dim;
  for_each_row(job, first_row, rows, [&](int64_t i, int64_t query, int64_t member) {
    to[i] = first + member * head_floats + query * tensor.dim;
  });
}

/// Finds where the strip's rows of q lie, if these are narrower than float32. Widens them into
/// `room` first, one after another, unless the strip has_pairs.
void find_narrow_q(const Job& job, const Strip& strip, float* room, const float** to) {
  const int64_t head_dim = job.call.problem.head_dim;
  for_each_row(job, strip.first_row, strip.rows, [&](int64_t i, int64_t query, int64_t member) {
    const int64_t head = job.kv_head * job.group + member;
    to[i] =
        strip.has_pairs
            ? reinterpret_cast<const float*>(job.inputs.q.row_as<uint16_t>(job.batch, head, query))
            : HeadRows(job.inputs.q, job.batch, head).row(query, room + i * head_dim);
  });
}

/// Finds where the first of two passes leaves the sums of weighted values, if out is narrower than
/// float32.
void find_sums(const Job& job, int64_t first_row, int64_t rows, float** to) {
  for_each_row(job, first_row, rows, [&](int64_t i, int64_t query, int64_t member) {
    to[i] = job.state_of(query, member) + kStateFloats;
  });
}

/// Copies a row for each lane, times `scale`, into the strip's layout.
void load_rows(const Strip& strip, const float* const* rows, int64_t head_dim, float scale,
               float* to) {
  if (strip.vectors >= 2) {
    transpose(rows, strip.lanes, head_dim, scale, to);
    return;
  }
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    for_each_dim(strip, lane, 0, head_dim,
                 [&](int64_t dim, int64_t place) { to[place] = rows[lane][dim] * scale; });
  }
}

/// The logarithm, to base 2, of a row's sum of weights; -infinity if the row has seen no key.
float log_sum(float reference, float weight_sum) {
  if (reference == kNothingSeen) return -std::numeric_limits<float>::infinity();
  return reference + std::log2(weight_sum / kWeightUnit);
}

/// Computes a finished row, in float32, anew, over all that its query sees, if it is not finite.
void mend(const Job& job, int64_t row, float* out) {
  if (job.earlier == nullptr) {
    mend_row_and_sum(job.call, job.inputs, out, job.batch, job.head(row), job.query(row),
                     job.log_sum_of(row), job.pattern);
  } else {
    mend_row_and_sum(job.call, job.inputs, out, job.batch, job.head(row), job.query(row),
                     job.log_sum_of(row), *job.earlier, job.pattern);
  }
}

/// Rounds a finished row to the type of out.
void round_to_out(const float* row, const Job& job, int64_t at) {
  round_row(row, job.out, job.batch, job.head(at), job.query(at));
}

}  // namespace

/// The most rows beyond whole strips that are best as decoding in a strip of their own; more of
/// them are cheaper as one more vector of the other strips.
constexpr int64_t kRestRows = 4;

int64_t next_strip_rows(const Job& job, int64_t left) {
  const int64_t most = std::min(kStripRows, left);
  if (const int64_t rest = left % kStripRows;
      rest > 0 && rest <= kRestRows && is_decoding(job.call.problem, rest)) {
    return most;
  }
  const int64_t strips = divide_up(left, kStripRows);
  return std::min(divide_up(divide_up(left, kLanes), strips) * kLanes, most);
}

void load_strip(const Job& job, int64_t first_row, int64_t rows, int64_t unprefetched,
                float* floats, Strip& strip) {
  const int64_t head_dim = job.call.problem.head_dim;
  assert(rows >= 1 && rows <= kStripRows && "A strip has no rows, or more than lanes");
  assert(is_aligned(floats) && "Scratch of a strip is not aligned");
  strip.modifiers = job.modifiers;
  strip.q = floats;
  strip.out = floats + head_dim * kStripRows;
  strip.first_row = first_row;
  strip.rows = rows;
  shape(job.call.problem, strip);
  const float* q[kStripRows];
  float* out[kStripRows];
  if (job.has_narrow_rows()) {
    // The sums have no values yet: q is widened there and transposed from there.
    find_narrow_q(job, strip, strip.out, q);
    if (job.begins) {
      std::fill_n(out, rows, nullptr);
    } else {
      find_sums(job, first_row, rows, out);
    }
  } else {
    find_rows(job, job.inputs.q, first_row, rows, q);
    find_rows(job, job.out, first_row, rows, out);
    for (int64_t row = unprefetched - first_row; row < rows; ++row) {
      // All rows at once, rather than one by one as the transposition reads them; and the outputs
      // too, long before they are written.
      prefetch(q[row], head_dim);
      prefetch(out[row], head_dim);
    }
  }
  for (int64_t lane = rows; lane < strip.lanes; ++lane) {
    q[lane] = q[rows - 1];
    out[lane] = out[rows - 1];
  }
  for (int64_t lane = 0; strip.modifiers.alibi && lane < strip.lanes; ++lane) {
    const int64_t row = first_row + std::min(lane, rows - 1);
    strip.slope[lane] = slope_of(job.call.problem, job.head(row));
    strip.position[lane] = aligned_position(job.call.problem, job.query(row));
  }

  if (strip.has_pairs) {
    transpose<false>(q, strip.lanes, head_dim / 2, 1, strip.q);
  } else {
    load_rows(strip, q, head_dim, strip.modifiers.factor, strip.q);
  }
  std::fill_n(strip.reference, kStripRows, kNothingSeen);
  std::fill_n(strip.weight_sum, kStripRows, 0.0f);
  if (job.begins) {
    std::fill_n(strip.out, head_dim * strip.lanes, 0.0f);
    return;
  }
  for_each_row(job, first_row, rows, [&](int64_t lane, int64_t query, int64_t member) {
    const float* const state = job.state_of(query, member);
    strip.reference[lane] = state[0];
    strip.weight_sum[lane] = state[1];
  });
  // Decoding reads four references or eight: it repeats those of fewer rows. Other lanes beyond the
  // last row may have any reference.
  for (int64_t lane = rows; lane < kDecodeRows; ++lane) {
    strip.reference[lane] = strip.reference[lane - rows];
    strip.weight_sum[lane] = strip.weight_sum[lane - rows];
  }
  load_rows(strip, out, head_dim, 1, strip.out);
}

void store_rows(const Strip& strip, int64_t head_dim, const float* scale, float* const* out) {
  const int64_t whole_lanes = strip.vectors < 2 ? 0 : strip.rows / kLanes * kLanes;
  for (int64_t lane = 0; lane < whole_lanes; lane += kLanes) {
    const Lanes d;
    const Vec factor = hn::Load(d, scale + lane);
    for_each_square(head_dim, [&](int64_t dim) HWY_ATTR {
      Vec x[kLanes];
      const float* from = strip.out + dim * strip.lanes + lane;
      for (int i = 0; i < kLanes; ++i) x[i] = hn::Mul(hn::Load(d, from + i * strip.lanes), factor);
      transpose_square(x);
      for (int i = 0; i < kLanes; ++i) hn::StoreU(x[i], d, out[lane + i] + dim);
    });
  }
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    for_each_dim(
        strip, lane, lane < whole_lanes && head_dim >= kLanes ? head_dim : 0, head_dim,
        [&](int64_t dim, int64_t place) { out[lane][dim] = strip.out[place] * scale[lane]; });
  }
}

void store_strip(const Job& job, const Strip& strip) {
  const int64_t head_dim = job.call.problem.head_dim;
  alignas(64) float scale[kStripRows];
  float* out[kStripRows];
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    const bool seen = strip.reference[lane] != kNothingSeen;
    scale[lane] = seen ? 1 / strip.weight_sum[lane] : 0;
  }
  const bool leaves_state = job.state != nullptr && job.begins;
  if (!job.has_narrow_rows()) {
    find_rows(job, job.out, strip.first_row, strip.rows, out);
  } else if (leaves_state) {
    find_sums(job, strip.first_row, strip.rows, out);
  } else {
    // Nothing needs q any more: the rows are made whole there and rounded from there.
    for (int64_t lane = 0; lane < strip.rows; ++lane) out[lane] = strip.q + lane * head_dim;
  }
  if (leaves_state) {
    for_each_row(job, strip.first_row, strip.rows,
                 [&](int64_t lane, int64_t query, int64_t member) {
                   float* const state = job.state_of(query, member);
                   state[0] = strip.reference[lane];
                   state[1] = strip.weight_sum[lane];
                   scale[lane] = 1;
                 });
  }
  for (int64_t lane = 0; job.log_sums != nullptr && !leaves_state && lane < strip.rows; ++lane)
    *job.log_sum_of(strip.first_row + lane) =
        log_sum(strip.reference[lane], strip.weight_sum[lane]);
  store_rows(strip, head_dim, scale, out);
  if (!leaves_state && !all_finite(strip.out, head_dim * strip.lanes)) {
    for (int64_t i = 0; i < strip.rows; ++i) mend(job, strip.first_row + i, out[i]);
  }
  for (int64_t i = 0; job.has_narrow_rows() && !leaves_state && i < strip.rows; ++i)
    round_to_out(out[i], job, strip.first_row + i);
}

void store_partials(const Job& job, const Strip& strip, int64_t chunk) {
  const int64_t head_dim = job.call.problem.head_dim;
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    float* partial = job.partial(strip.first_row + lane, chunk);
    for_each_dim(strip, lane, 0, head_dim,
                 [&](int64_t dim, int64_t place) { partial[dim] = strip.out[place]; });
    partial[head_dim] = strip.reference[lane];
    partial[head_dim + 1] = strip.weight_sum[lane];
  }
}

void merge_partials(const Job& job, int64_t row) {
  const int64_t head_dim = job.call.problem.head_dim;
  float whole[kMaxHeadDim];
  const bool narrow = job.has_narrow_rows();
  float* const out = narrow ? whole : job.out_row(row);
  float top = kNothingSeen;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    top = std::max(top, job.partial(row, chunk)[head_dim]);
  }
  std::fill_n(out, head_dim, 0.0f);
  float* const sum_of_row = job.log_sum_of(row);
  if (top == kNothingSeen) {
    if (sum_of_row != nullptr) *sum_of_row = log_sum(top, 0);
    if (narrow) round_to_out(out, job, row);
    return;
  }
  float weight_sum = 0;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    const float* partial = job.partial(row, chunk);
    const float factor = exp2_of(partial[head_dim] - top);
    weight_sum += partial[head_dim + 1] * factor;
    for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] += partial[dim] * factor;
  }
  for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] /= weight_sum;
  if (sum_of_row != nullptr) *sum_of_row = log_sum(top, weight_sum);
  mend(job, row, out);
  if (narrow) round_to_out(out, job, row);
}

}  // namespace attnbench::kernels
