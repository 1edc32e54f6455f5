// Transposes query rows into strips and strips into output rows.
#include "kernels/rows.h"

#include <algorithm>

#include "kernels/exp2.h"
#include "kernels/few.h"

namespace attnbench::kernels {
namespace {

/// Four by four is what every target can transpose in registers.
using Quad = hn::FixedTag<float, 4>;

/// to[i][r] = from[r][i] * factor[i].
HWY_INLINE void transpose_quad(const float* const (&from)[4], hn::Vec<Quad> factor,
                               float* const (&to)[4]) {
  const Quad d;
  const auto a = hn::Mul(hn::LoadU(d, from[0]), factor);
  const auto b = hn::Mul(hn::LoadU(d, from[1]), factor);
  const auto c = hn::Mul(hn::LoadU(d, from[2]), factor);
  const auto e = hn::Mul(hn::LoadU(d, from[3]), factor);
  const auto ab_lower = hn::InterleaveLower(d, a, b);
  const auto ab_upper = hn::InterleaveUpper(d, a, b);
  const auto ce_lower = hn::InterleaveLower(d, c, e);
  const auto ce_upper = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce_lower, ab_lower), d, to[0]);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_lower, ab_lower), d, to[1]);
  hn::StoreU(hn::ConcatLowerLower(d, ce_upper, ab_upper), d, to[2]);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_upper, ab_upper), d, to[3]);
}

/// Chooses the way to compute the strip's rows, and the layout of q and out that goes with it.
void shape(int64_t head_dim, Strip& strip) {
  const bool few = strip.rows <= kFewRows && head_dim % kLanes == 0;
  strip.vectors = few ? 0 : static_cast<int>(divide_up(strip.rows, kLanes));
  strip.lanes = few ? strip.rows : strip.vectors * kLanes;
  strip.lane_stride = few ? head_dim : 1;
  strip.dim_stride = few ? 1 : strip.lanes;
}

/// Row `lane` of a strip; lanes beyond the last row repeat it.
int64_t row_of(const Strip& strip, int64_t lane) {
  return strip.first_row + std::min(lane, strip.rows - 1);
}

}  // namespace

void load_strip(const Job& job, int64_t first_row, int64_t rows, float* floats, Strip& strip) {
  const int64_t head_dim = job.call.problem.head_dim;
  strip.modifiers = modifiers_of(job.call.problem);
  const float scale = strip.modifiers.factor;
  strip.q = floats;
  strip.out = floats + head_dim * kStripRows;
  strip.first_row = first_row;
  strip.rows = rows;
  shape(head_dim, strip);
  std::fill_n(strip.out, head_dim * strip.lanes, 0.0f);
  std::fill_n(strip.reference, kStripRows, kNothingSeen);
  std::fill_n(strip.weight_sum, kStripRows, 0.0f);

  for (int64_t lane = 0; strip.modifiers.alibi && lane < strip.lanes; ++lane) {
    const int64_t row = row_of(strip, lane);
    strip.slope[lane] = slope_of(job.call.problem, job.head(row));
    strip.position[lane] = aligned_position(job.call.problem, job.query(row));
  }

  // All at once, rather than as the transposition comes by; and the outputs long before their turn.
  for (int64_t row = first_row; row < first_row + rows; ++row) {
    prefetch(job.q_row(row), head_dim);
    prefetch(job.out_row(row), head_dim);
  }
  const int64_t quads = strip.vectors == 0 ? 0 : head_dim / 4 * 4;
  for (int64_t lane = 0; quads > 0 && lane < strip.lanes; lane += 4) {
    const float* const q[4] = {job.q_row(row_of(strip, lane)), job.q_row(row_of(strip, lane + 1)),
                               job.q_row(row_of(strip, lane + 2)),
                               job.q_row(row_of(strip, lane + 3))};
    float* to = strip.q + lane;
    for (int64_t dim = 0; dim < quads; dim += 4, to += 4 * strip.lanes) {
      transpose_quad({q[0] + dim, q[1] + dim, q[2] + dim, q[3] + dim}, hn::Set(Quad(), scale),
                     {to, to + strip.lanes, to + 2 * strip.lanes, to + 3 * strip.lanes});
    }
  }
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const float* q = job.q_row(row_of(strip, lane));
    float* to = strip.q + lane * strip.lane_stride;
    for (int64_t dim = quads; dim < head_dim; ++dim) to[dim * strip.dim_stride] = q[dim] * scale;
  }
}

void store_strip(const Job& job, const Strip& strip) {
  const int64_t head_dim = job.call.problem.head_dim;
  alignas(64) float scale[kStripRows];
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    const bool seen = strip.reference[lane] != kNothingSeen;
    scale[lane] = seen ? 1 / strip.weight_sum[lane] : 0;
  }
  const bool few = strip.vectors == 0;
  const int64_t quad_lanes = few ? 0 : strip.rows / 4 * 4;
  const int64_t quads = head_dim / 4 * 4;
  for (int64_t lane = 0; lane < quad_lanes; lane += 4) {
    float* const out[4] = {
        job.out_row(strip.first_row + lane), job.out_row(strip.first_row + lane + 1),
        job.out_row(strip.first_row + lane + 2), job.out_row(strip.first_row + lane + 3)};
    const auto factor = hn::Load(Quad(), scale + lane);
    const float* from = strip.out + lane;
    for (int64_t dim = 0; dim < quads; dim += 4, from += 4 * strip.lanes) {
      transpose_quad({from, from + strip.lanes, from + 2 * strip.lanes, from + 3 * strip.lanes},
                     factor, {out[0] + dim, out[1] + dim, out[2] + dim, out[3] + dim});
    }
  }
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    const float* from = strip.out + lane * strip.lane_stride;
    float* out = job.out_row(strip.first_row + lane);
    for (int64_t dim = lane < quad_lanes ? quads : 0; dim < head_dim; ++dim) {
      out[dim] = from[dim * strip.dim_stride] * scale[lane];
    }
  }
}

void store_partials(const Job& job, const Strip& strip, int64_t chunk) {
  const int64_t head_dim = job.call.problem.head_dim;
  for (int64_t lane = 0; lane < strip.rows; ++lane) {
    const float* from = strip.out + lane * strip.lane_stride;
    float* partial = job.partial(strip.first_row + lane, chunk);
    for (int64_t dim = 0; dim < head_dim; ++dim) partial[dim] = from[dim * strip.dim_stride];
    partial[head_dim] = strip.reference[lane];
    partial[head_dim + 1] = strip.weight_sum[lane];
  }
}

void merge_partials(const Job& job, int64_t row) {
  const int64_t head_dim = job.call.problem.head_dim;
  float* out = job.out_row(row);
  float top = kNothingSeen;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    top = std::max(top, job.partial(row, chunk)[head_dim]);
  }
  std::fill_n(out, head_dim, 0.0f);
  if (top == kNothingSeen) return;
  float weight_sum = 0;
  for (int64_t chunk = 0; chunk < job.cut.chunks; ++chunk) {
    const float* partial = job.partial(row, chunk);
    const float factor = exp2_of(partial[head_dim] - top);
    weight_sum += partial[head_dim + 1] * factor;
    for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] += partial[dim] * factor;
  }
  for (int64_t dim = 0; dim < head_dim; ++dim) out[dim] /= weight_sum;
}

}  // namespace attnbench::kernels
