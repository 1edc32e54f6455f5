// A strip in the backward pass: weights from the scores, and five products with a block of keys.
#include "kernels/backward_strip.h"

#include <algorithm>
#include <cassert>

#include "kernels/exp2.h"
#include "kernels/product.h"
#include "kernels/score_block.h"
#include "kernels/transpose.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// The most vectors of dims of a panel: as many as make the most of the registers.
constexpr int64_t kPanelVectors = kHasAvx512 ? 4 : 3;

/// How rows of head_dim floats are cut into panels of equal width. A panel has two vectors at
/// least: the microkernel would take one vector for pairs of dims.
struct Panels {
  int64_t count;
  int64_t vectors;

  explicit Panels(int64_t head_dim) {
    const int64_t all = divide_up(head_dim, kLanes);
    count = divide_up(all, kPanelVectors);
    vectors = std::max<int64_t>(divide_up(all, count), 2);
  }
  int64_t width() const { return vectors * kLanes; }
};

/// Copies `count` rows into panels of `lanes` lanes.
void pack(const float* const* rows, int64_t count, int64_t lanes, int64_t head_dim, float* to) {
  const Panels panels(head_dim);
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int64_t begin = panel * panels.width();
    const int64_t columns = std::clamp<int64_t>(head_dim - begin, 0, panels.width());
    for (int64_t lane = 0; lane < lanes; ++lane, to += panels.width())
      if (lane < count)
        pack_rows(rows[lane] + begin, 0, 1, columns, panels.width(), to, 0);
      else
        std::fill_n(to, panels.width(), 0.0f);
  }
}

/// to[key][:] += sum over lanes of a[key][lane] * panel[lane][:], for the first `columns` floats.
template <int kWidth>
HWY_NOINLINE void add_panel(const float* a, int64_t keys, int64_t lanes, const float* panel,
                            int64_t columns, float* to, int64_t to_stride) {
  for_each_row_group<rows_in_registers(kWidth)>(keys, [&]<int kRows>(int64_t key) HWY_ATTR {
    Vec sums[kRows][kWidth];
    clear_sums(sums);
    sum_products<Operand::kKeys, kRows, kWidth, kWidth>(a + key * lanes, lanes, panel, lanes, 0,
                                                        nullptr, sums);
    float* row = to + key * to_stride;
    for (int r = 0; r < kRows; ++r, row += to_stride)
      for (int v = 0; v < kWidth && v * kLanes < columns; ++v)
        store_columns<true>(sums[r][v], columns - v * kLanes, row + v * kLanes);
  });
}

/// to[key][:] += sum over lanes, from first_lane on, of a[key][lane] * rows[lane][:].
void add_rows(const float* a, const KeyRows& keys, int64_t first_lane, int64_t lanes,
              int64_t strip_lanes, const float* packed, int64_t head_dim, float* to) {
  const Panels panels(head_dim);
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int64_t begin = panel * panels.width();
    const float* const rows = packed + (panel * strip_lanes + first_lane) * panels.width();
    const int64_t columns = head_dim - begin;
    if (columns <= 0) break;
    if (panels.vectors == 2)
      add_panel<2>(a, keys.count, lanes, rows, columns, to + begin, keys.stride);
    else if (panels.vectors == 3)
      add_panel<3>(a, keys.count, lanes, rows, columns, to + begin, keys.stride);
    else
      add_panel<4>(a, keys.count, lanes, rows, columns, to + begin, keys.stride);
  }
}

/// The slope of softcap at each score, which is cap * tanh(x): 1 - tanh(x)^2.
void cap_slopes(float cap, int64_t floats, const float* scores, float* slopes) {
  const Lanes d;
  const Vec inverse = hn::Set(d, 1 / cap), one = hn::Set(d, 1.0f);
  for (int64_t i = 0; i < floats; i += kLanes) {
    const Vec t = hn::Mul(hn::Load(d, scores + i), inverse);
    hn::Store(hn::NegMulAdd(t, t, one), d, slopes + i);
  }
}

/// The weights of scores in kCount vectors; of a hidden key, anything but NaN.
template <size_t kCount>
HWY_INLINE void normalized_weights(Vec log_sum, Vec (&x)[kCount]) {
  const Lanes d;
  if constexpr (kHiddenWeighsNothing) {
    weights(d, log_sum, x);
  } else {
    for (Vec& each : x) each = exp2(d, hn::Sub(each, log_sum));
  }
}

/// Turns scores into weights p, and products d_out·v into the gradients p (d_out·v - delta) scale
/// of q·k, in place.
template <int kVectors, bool kMasked, bool kCapped>
void weigh(const Strip& strip, const StripGradients& gradients, int64_t first_lane, int64_t keys,
           float scale, float* scores, float* products, const float* slopes) {
  const Lanes d;
  constexpr int64_t kPitch = kVectors * kLanes;
  const Vec factor = hn::Set(d, scale);
  for (int v = 0; v < kVectors; ++v) {
    const int64_t lanes = first_lane + v * kLanes;
    const Vec log_sum = hn::Load(d, strip.reference + lanes);
    const Vec delta = hn::Mul(hn::Load(d, gradients.delta + lanes), factor);
    const auto some = [&]<size_t kCount>(int64_t key) HWY_ATTR {
      Vec x[kCount];
      decltype(hn::Eq(log_sum, log_sum)) hidden[kCount];
      const int64_t first = key * kPitch + v * kLanes;
      for (size_t i = 0; i < kCount; ++i) {
        x[i] = hn::Load(d, scores + first + static_cast<int64_t>(i) * kPitch);
        if constexpr (kMasked) hidden[i] = hn::Eq(x[i], hn::Set(d, kHidden));
      }
      normalized_weights(log_sum, x);
      for (size_t i = 0; i < kCount; ++i) {
        const int64_t at = first + static_cast<int64_t>(i) * kPitch;
        Vec gradient = hn::Mul(x[i], hn::MulSub(hn::Load(d, products + at), factor, delta));
        if constexpr (kCapped) gradient = hn::Mul(gradient, hn::Load(d, slopes + at));
        if constexpr (kMasked) {
          x[i] = hn::IfThenZeroElse(hidden[i], x[i]);
          gradient = hn::IfThenZeroElse(hidden[i], gradient);
        }
        hn::Store(x[i], d, scores + at);
        hn::Store(gradient, d, products + at);
      }
    };
    int64_t key = 0;
    for (; key + 4 <= keys; key += 4) some.template operator()<4>(key);
    for (; key < keys; ++key) some.template operator()<1>(key);
  }
}

template <int kVectors, int kOf>
void add(Strip& strip, const StripGradients& gradients, int64_t first_lane, const KeyBlock& block,
         float scale, const Wanted& wanted, float* scratch) {
  const int64_t head_dim = block.head_dim, keys = block.rows.count;
  constexpr int64_t kPitch = kVectors * kLanes;
  float* const scores = scratch;
  float* const products = scores + keys * kPitch;
  float* const slopes = products + keys * kPitch;
  multiply_k<kVectors, kOf, ReadOrder::kConsecutive>(
      block.k, block.rows, head_dim, strip.q + first_lane, scores, {nullptr, block.rows, head_dim});
  multiply_k<kVectors, kOf, ReadOrder::kConsecutive>(block.v, block.rows, head_dim,
                                                     gradients.d_out + first_lane, products,
                                                     {nullptr, block.rows, head_dim});
  const auto& [q_factor, cap, alibi] = strip.modifiers;
  if (cap != 0) {
    modify<kVectors>({q_factor, cap, false}, strip, first_lane, block, scores);
    cap_slopes(cap, keys * kPitch, scores, slopes);
  }
  if (alibi) modify<kVectors>({q_factor, 0, true}, strip, first_lane, block, scores);
  const bool masked = block.begin != KeyBlock::kSeenByAll;
  if (masked) mask_edges<kVectors>(strip, first_lane, block, scores);
  const auto weigh_block = [&]<bool kMasked, bool kCapped>() {
    weigh<kVectors, kMasked, kCapped>(strip, gradients, first_lane, keys, scale, scores, products,
                                      slopes);
  };
  if (masked && cap != 0)
    weigh_block.template operator()<true, true>();
  else if (masked)
    weigh_block.template operator()<true, false>();
  else if (cap != 0)
    weigh_block.template operator()<false, true>();
  else
    weigh_block.template operator()<false, false>();

  if (wanted.d_v != nullptr) {
    add_rows(scores, block.rows, first_lane, kPitch, strip.lanes, gradients.packed_d_out, head_dim,
             wanted.d_v);
    add_rows(products, block.rows, first_lane, kPitch, strip.lanes, gradients.packed_q, head_dim,
             wanted.d_k);
  }
  if (wanted.d_q)
    multiply_v<kVectors, kOf, ReadOrder::kConsecutive>(block.k, block.rows, head_dim, products,
                                                       strip.out + first_lane,
                                                       {nullptr, block.rows, head_dim});
}

template <int kOf>
void add(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
         const KeyBlock& block, float scale, const Wanted& wanted, float* scratch) {
  const int64_t first_lane = vectors.begin * kLanes;
  switch (vectors.end - vectors.begin) {
    case 1:
      return add<1, kOf>(strip, gradients, first_lane, block, scale, wanted, scratch);
    case 2:
      return add<2, kOf>(strip, gradients, first_lane, block, scale, wanted, scratch);
    default:
      return add<kOf, kOf>(strip, gradients, first_lane, block, scale, wanted, scratch);
  }
}

/// Computes a row of d_q on its own, a key at a time, untouched by what its query does not see.
class LoneGradient final : public KeySpans {
 public:
  LoneGradient(const Job& job, const Backward& task, int64_t row)
      : job_(job),
        head_dim_(job.call.problem.head_dim),
        query_(job.query(row)),
        slope_(slope_of(job.call.problem, job.head(row))),
        log_sum_(task.log_sums[(job.batch * job.call.problem.heads + job.head(row)) *
                                   job.call.problem.q_len +
                               query_]),
        q_(job.q_row(row)),
        d_out_(task.d_out.row(job.batch, job.head(row), query_)),
        delta_(dot(d_out_, task.out.row(job.batch, job.head(row), query_), head_dim_)),
        d_q_(job.out_row(row)) {
    std::fill_n(d_q_, head_dim_, 0.0f);
  }

  void add(const KeySpan& span) noexcept override {
    const Problem& p = job_.call.problem;
    const auto scale = static_cast<float>(score_scale(p));
    auto [factor, cap, alibi] = job_.modifiers;
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      const float* const k = job_.inputs.k.row(job_.batch, job_.kv_head, key);
      const float* const v = job_.inputs.v.row(job_.batch, job_.kv_head, key);
      float x = factor * dot(q_, k, head_dim_);
      float slope_of_cap = 1;
      if (cap != 0) {
        modify_row({factor, cap, false}, 0, 0, 1, 1, &x);
        slope_of_cap = 1 - (x / cap) * (x / cap);
      }
      const int64_t ahead = aligned_position(p, query_) - key;
      if (alibi) modify_row({factor, 0, true}, slope_, ahead, 1, 1, &x);
      const float weight = exp2_of(x - log_sum_);
      const float product = dot(d_out_, v, head_dim_);
      add_scaled(weight * (product - delta_) * scale * slope_of_cap, k, head_dim_, d_q_);
    }
  }

 private:
  const Job& job_;
  int64_t head_dim_, query_;
  float slope_, log_sum_;
  const float *q_, *d_out_;
  float delta_;
  float* d_q_;
};

}  // namespace

int64_t backward_strip_floats(int64_t head_dim) {
  const Panels panels(head_dim);
  return (3 * head_dim + 2 * panels.count * panels.width()) * kStripRows;
}

void load_backward(const Job& job, const Backward& task, int64_t first_row, int64_t rows,
                   bool goes_on, float* floats, Strip& strip, StripGradients& gradients) {
  const Problem& p = job.call.problem;
  const int64_t head_dim = p.head_dim;
  const Panels panels(head_dim);
  strip.modifiers = job.modifiers;
  strip.first_row = first_row;
  strip.rows = rows;
  strip.vectors = std::max(static_cast<int>(divide_up(rows, kLanes)), 2);  // Never in pairs.
  strip.lanes = strip.vectors * kLanes;
  strip.q = floats;
  strip.out = strip.q + head_dim * kStripRows;
  gradients.d_out = strip.out + head_dim * kStripRows;
  gradients.packed_q = gradients.d_out + head_dim * kStripRows;
  gradients.packed_d_out = gradients.packed_q + panels.count * panels.width() * kStripRows;

  const float *q[kStripRows], *d_out[kStripRows], *d_q[kStripRows];
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t row = first_row + std::min(lane, rows - 1);
    const int64_t head = job.head(row), query = job.query(row);
    q[lane] = job.q_row(row);
    d_q[lane] = job.out_row(row);
    d_out[lane] = task.d_out.row(job.batch, head, query);
    gradients.delta[lane] = dot(d_out[lane], task.out.row(job.batch, head, query), head_dim);
    // A row that sees nothing has hidden scores only: any number turns them into weights of zero.
    const float log_sum = task.log_sums[(job.batch * p.heads + head) * p.q_len + query];
    strip.reference[lane] = log_sum == kHidden ? 0 : log_sum;
    if (strip.modifiers.alibi) {
      strip.slope[lane] = slope_of(p, head);
      strip.position[lane] = aligned_position(p, query);
    }
  }
  transpose(q, strip.lanes, head_dim, strip.modifiers.factor, strip.q);
  transpose(d_out, strip.lanes, head_dim, 1, gradients.d_out);
  pack(q, rows, strip.lanes, head_dim, gradients.packed_q);
  pack(d_out, rows, strip.lanes, head_dim, gradients.packed_d_out);
  if (goes_on)
    transpose(d_q, strip.lanes, head_dim, 1, strip.out);
  else
    std::fill_n(strip.out, head_dim * strip.lanes, 0.0f);
}

void store_d_q(const Job& job, const Strip& strip) {
  alignas(64) float ones[kStripRows];
  float* d_q[kStripRows];
  std::fill_n(ones, kStripRows, 1.0f);
  for (int64_t lane = 0; lane < strip.rows; ++lane) d_q[lane] = job.out_row(strip.first_row + lane);
  store_rows(strip, job.call.problem.head_dim, ones, d_q);
}

void mend_d_q(const Job& job, const Backward& task, std::span<const Pass> passes, int64_t row) {
  LoneGradient gradient(job, task, row);
  for (const Pass& pass : passes) pass.pattern.visible_keys(job.call, job.query(row), gradient);
}

void add_gradients(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
                   const KeyBlock& block, float scale, const Wanted& wanted,
                   float* scratch) noexcept {
  static_assert(kMaxVectors == 3);
  assert(block.rows.consecutive() && "The keys of a block are cut into streams");
  if (strip.vectors == 2)
    add<2>(strip, gradients, vectors, block, scale, wanted, scratch);
  else
    add<3>(strip, gradients, vectors, block, scale, wanted, scratch);
}

}  // namespace attnbench::kernels
