// The products of a chunk of steps, once the deltas of all its steps are known.
#include "kernels/recurrence_chunk.h"

#include <algorithm>

#include "kernels/linear_products.h"
#include "kernels/packed.h"

namespace attnbench::kernels {
namespace {

/// Rows of tokens' gradients, and of a weight's gradient, that a thread takes at a time.
constexpr int64_t kTokenRows = 12, kWeightRows = 32;

/// Some rows of a weight's gradient, and one unit of its columns:
/// to[r][:] = sum over sequences b and steps t of deltas[b][t][r] * right[b][t][:].
struct OuterProducts {
  const float* deltas;
  int64_t delta_pitch, delta_stride;  ///< Of steps, and of sequences.
  const float* right;                 ///< Rows of kUnit floats.
  int64_t right_stride;               ///< Of sequences.
  int64_t batch, steps;
  float* to;
  int64_t to_pitch, columns;

  /// Overwrites the gradient, or adds to it. The sum over a sequence is complete before it is
  /// added.
  template <bool kAdds>
  void sum(int64_t rows) const {
    for_each_row_group<rows_in_registers(kUnitVectors)>(rows, [&]<int kRows>(int64_t row) {
      alignas(64) float sums[kRows * kUnit];
      for (int64_t b = 0; b < batch; ++b)
        multiply_tile<Operand::kValues, kRows, kUnitVectors, kUnitVectors>(
            deltas + b * delta_stride + row, delta_pitch, right + b * right_stride, steps,
            b == 0 ? nullptr : sums, sums, kUnit);
      for (int r = 0; r < kRows; ++r)
        for (int64_t i = 0; i < columns; i += kLanes)
          store_columns<kAdds>(hn::Load(Lanes(), sums + r * kUnit + i), columns - i,
                               to + (row + r) * to_pitch + i);
    });
  }
};

/// One vector of the bias's gradient.
void sum_bias_gradient(const RecurrenceChunk& chunk, int64_t gate, int64_t column, int64_t steps,
                       bool adds, float* to) {
  const Lanes d;
  const int64_t at = chunk.delta_of_input(gate) * chunk.columns() + column;
  Vec total = hn::Zero(d);
  for (int64_t b = 0; b < chunk.batch; ++b) {
    Vec sum = hn::Zero(d);
    for (int64_t i = 0; i < steps; ++i) sum = hn::Add(sum, hn::Load(d, chunk.deltas(b, i) + at));
    total = hn::Add(total, sum);
  }
  const int64_t columns = chunk.width - column;
  adds ? store_columns<true>(total, columns, to) : store_columns<false>(total, columns, to);
}

}  // namespace

void write_recurrence_token_gradients(const RecurrenceChunk& chunk, int64_t first, int64_t steps,
                                      int64_t head_dim, const Tensor<float>& gradient,
                                      int64_t thread, int64_t threads) {
  const int64_t tiles = divide_up(chunk.units, kInputTileUnits);
  const int64_t blocks = divide_up(steps, kTokenRows);
  const Range share = Range::part(tiles * chunk.batch * blocks, thread, threads);
  for (int64_t at = share.begin; at < share.end; ++at) {
    const int64_t unit = at / blocks / chunk.batch * kInputTileUnits;
    const int64_t b = at / blocks % chunk.batch;
    const int64_t units = std::min(kInputTileUnits, chunk.units - unit), lanes = units * kUnit;
    const int64_t begin = at % blocks * kTokenRows, end = std::min(begin + kTokenRows, steps);
    const LeftRows left{chunk.deltas(b, 0), chunk.delta_pitch(), chunk.gates, chunk.width,
                        chunk.columns()};
    for (int64_t i = begin; i < end;) {
      alignas(64) float sums[6 * kTileVectorsForRows * kLanes];
      const int64_t rows =
          multiply_packed(left.from(i), end - i, chunk.tile(chunk.input_tiles, unit),
                          static_cast<int>(units * kUnitVectors), nullptr, 0, sums, lanes);
      const int64_t column = unit * kUnit;
      for (int64_t row = 0; row < rows; ++row, ++i)
        for_each_piece(column, std::min(column + lanes, chunk.width), head_dim,
                       [&](int64_t head, int64_t dim, int64_t from, int64_t count) {
                         std::copy_n(sums + row * lanes + from - column, count,
                                     gradient.row(b, head, first + i) + dim);
                       });
    }
  }
}

void sum_recurrence_weight_gradients(const RecurrenceChunk& chunk, int64_t steps, bool adds,
                                     const Gradients& gradients, int64_t thread, int64_t threads) {
  const int64_t blocks = divide_up(chunk.width, kWeightRows);
  const Range share = Range::part(2 * chunk.gates * chunk.units * blocks, thread, threads);
  for (int64_t at = share.begin; at < share.end; ++at) {
    const int64_t row = at % blocks * kWeightRows, unit = at / blocks % chunk.units;
    const int64_t product = at / blocks / chunk.units, gate = product % chunk.gates;
    const bool is_input = product < chunk.gates;
    const int64_t delta = is_input ? chunk.delta_of_input(gate) : chunk.delta_of_sum(gate);
    const Tensor<float>& to = gradients.extra[is_input ? kInputWeights : kRecurrentWeights];
    const OuterProducts products{
        .deltas = chunk.deltas(0, 0) + delta * chunk.columns() + row,
        .delta_pitch = chunk.delta_pitch(),
        .delta_stride = chunk.steps * chunk.delta_pitch(),
        .right = is_input ? chunk.token(unit, 0, 0) : chunk.state(unit, 0, 0),
        .right_stride = (is_input ? chunk.steps : chunk.steps + 1) * kUnit,
        .batch = chunk.batch,
        .steps = steps,
        .to = to.row(0, gate, row) + unit * kUnit,
        .to_pitch = chunk.width,
        .columns = chunk.columns_of(unit)};
    const int64_t rows = std::min(kWeightRows, chunk.width - row);
    adds ? products.sum<true>(rows) : products.sum<false>(rows);
  }
  const int64_t vectors = divide_up(chunk.width, kLanes);
  const Range biases = Range::part(chunk.gates * vectors, thread, threads);
  for (int64_t at = biases.begin; at < biases.end; ++at) {
    const int64_t gate = at / vectors, column = at % vectors * kLanes;
    sum_bias_gradient(chunk, gate, column, steps, adds,
                      gradients.extra[kBias].row(0, gate, 0) + column);
  }
}

}  // namespace attnbench::kernels
