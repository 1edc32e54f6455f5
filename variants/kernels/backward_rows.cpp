// Copies and transposes the rows of a strip in the backward pass.
#include "kernels/backward_rows.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "kernels/lone_gradient.h"
#include "kernels/transpose.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Copies a row into each tile of columns.
void pack_row(const float* from, const ValueColumns& columns, float* to) {
  for (int64_t column = 0; column < columns.count;
       column += columns.tile(), to += kStripRows * columns.tile()) {
    pack_rows(from + column, 0, 1, std::min(columns.tile(), columns.count - column), columns.tile(),
              to, 0);
  }
}

}  // namespace

int64_t backward_strip_floats(int64_t head_dim) {
  return kStripRows * (3 * head_dim + 2 * value_columns_of(head_dim).padded());
}

void place_backward(const BackwardJob& job, int64_t first_row, int64_t rows, float* floats,
                    Strip& strip, StripGradients& gradients) {
  const int64_t head_dim = job.job.call.problem.head_dim;
  assert(rows >= 1 && rows <= kStripRows && "A strip has no rows, or more than lanes");
  assert(is_aligned(floats) && "Scratch of a strip is not aligned");
  strip.modifiers = job.job.modifiers;
  strip.first_row = first_row;
  strip.rows = rows;
  // The products of a strip of one vector would be in pairs of dims.
  strip.vectors = std::max(2, static_cast<int>(divide_up(rows, kLanes)));
  strip.lanes = strip.vectors * kLanes;
  const auto take = [&](int64_t floats_a_row) {
    float* const array = floats;
    floats += kStripRows * floats_a_row;
    return array;
  };
  strip.q = take(head_dim);
  strip.out = take(head_dim);
  gradients.columns = value_columns_of(head_dim);
  gradients.d_out = take(head_dim);
  gradients.q_rows = take(gradients.columns.padded());
  gradients.d_out_rows = take(gradients.columns.padded());
  gradients.loaded = false;
}

void load_backward(const BackwardJob& job, Strip& strip, StripGradients& gradients) {
  const Job& its = job.job;
  const Problem& p = its.call.problem;
  const auto scale = static_cast<float>(score_scale(p));
  const float unit = std::log2(kWeightUnit);
  const float *q[kStripRows], *d_out[kStripRows], *d_q[kStripRows];
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t i = std::min(lane, strip.rows - 1), row = strip.first_row + i;
    const int64_t head = its.head(row), query = its.query(row);
    q[lane] = its.inputs.q.row(its.batch, head, query);
    d_out[lane] = job.task.d_out.row(its.batch, head, query);
    d_q[lane] = its.out.row(its.batch, head, query);
    if (strip.modifiers.alibi) {
      strip.slope[lane] = slope_of(p, head);
      strip.position[lane] = aligned_position(p, query);
    }
    if (lane > i) {
      strip.reference[lane] = strip.reference[i];
      gradients.delta[lane] = gradients.delta[i];
      continue;
    }
    strip.reference[lane] =
        job.task.log_sums[(its.batch * p.heads + head) * p.q_len + query] + unit;
    const float* const out = job.task.out.row(its.batch, head, query);
    gradients.delta[lane] = scale * dot(d_out[lane], out, p.head_dim);
    pack_row(q[lane], gradients.columns, gradients.q_rows + lane * gradients.columns.tile());
    pack_row(d_out[lane], gradients.columns,
             gradients.d_out_rows + lane * gradients.columns.tile());
  }
  transpose(q, strip.lanes, p.head_dim, strip.modifiers.factor, strip.q);
  transpose(d_out, strip.lanes, p.head_dim, scale, gradients.d_out);
  if (job.is_first_pass()) {
    std::fill_n(strip.out, p.head_dim * strip.lanes, 0.0f);
  } else {
    transpose(d_q, strip.lanes, p.head_dim, 1, strip.out);
  }
  gradients.loaded = true;
}

void store_d_q(const BackwardJob& job, const Strip& strip, const StripGradients& gradients) {
  const int64_t head_dim = job.job.call.problem.head_dim;
  alignas(64) float ones[kStripRows];
  float* d_q[kStripRows];
  std::fill_n(ones, kStripRows, 1.0f);
  for (int64_t i = 0; i < strip.rows; ++i) d_q[i] = job.job.out_row(strip.first_row + i);
  if (gradients.loaded) {
    store_rows(strip, head_dim, ones, d_q);
  } else if (job.is_first_pass()) {
    for (int64_t i = 0; i < strip.rows; ++i) std::fill_n(d_q[i], head_dim, 0.0f);
  }
  if (!job.is_last_pass()) return;
  const Job& its = job.job;
  for (int64_t row = strip.first_row; row < strip.first_row + strip.rows; ++row) {
    const int64_t query = its.query(row);
    mend_d_q(job.task, its.batch, its.head(row), query, [&](KeySpans& keys) {
      for (const Pass& pass : job.passes) pass.pattern.visible_keys(its.call, query, keys);
    });
  }
}

}  // namespace attnbench::kernels
