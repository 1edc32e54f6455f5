// What the backward pass of recurrent layers has in scratch: packed weights, and a chunk of steps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/layout.h"
#include "kernels/packed.h"
#include "kernels/recurrence.h"
#include "kernels/recurrence_parts.h"
#include "kernels/simd.h"
#include "kernels/team.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// Columns of a unit, of which the members of a team have some: no tile has a single vector.
inline constexpr int kUnitVectors = 2;
inline constexpr int64_t kUnit = kUnitVectors * kLanes;

/// The arrays, which all threads share. Row 0 of the states and of their gradients belongs to the
/// state before the chunk's first step.
struct RecurrenceChunk {
  int64_t gates, delta_count, width, batch, steps, units;
  float* input_tiles;             ///< W's transpose: [units, gates, width, kUnit]; see tile().
  float* recurrent_tiles;         ///< The same of U.
  float* tokens;                  ///< [units, batch, steps, kUnit]
  float* states;                  ///< [units, batch, steps + 1, kUnit]
  float* state_gradients;         ///< [batch, steps + 1, columns]
  float* all_deltas;              ///< [batch, steps, delta_count, columns]
  float* memory_gradients;        ///< [batch, columns]
  std::byte *team_lines, *lines;  ///< For barriers of teams, and for that of all threads.
  Count bytes;                    ///< Of all of it.

  /// Without memory it only counts the bytes.
  RecurrenceChunk(const Call& call, const Cell& cell, std::byte* memory)
      : gates(cell.gates),
        delta_count(cell.deltas()),
        width(token_width(call.problem)),
        batch(call.problem.batch),
        steps(std::min(kStepsAtOnce, call.problem.kv_len)),
        units(divide_up(width, kUnit)) {
    Layout layout(memory);
    for (float** const tiles : {&input_tiles, &recurrent_tiles})
      layout.take(*tiles, count(gates, width, columns()));
    layout.take(tokens, count(batch, steps, columns()));
    for (float** const array : {&states, &state_gradients})
      layout.take(*array, count(batch, steps + 1, columns()));
    layout.take(all_deltas, count(batch, steps, delta_count, columns()));
    layout.take(memory_gradients, count(batch, cell.has_memory ? columns() : 0));
    for (std::byte** const each : {&team_lines, &lines})
      layout.take(*each, count(call.threads, StepBarrier::kLine));
    bytes = layout.bytes();
  }

  int64_t columns() const { return units * kUnit; }
  /// The columns of a unit that exist.
  int64_t columns_of(int64_t unit) const { return std::min(kUnit, width - unit * kUnit); }

  float* token(int64_t unit, int64_t b, int64_t i) const {
    return tokens + ((unit * batch + b) * steps + i) * kUnit;
  }
  float* state(int64_t unit, int64_t b, int64_t row) const {
    return states + ((unit * batch + b) * (steps + 1) + row) * kUnit;
  }
  float* state_gradient(int64_t b, int64_t row) const {
    return state_gradients + (b * (steps + 1) + row) * columns();
  }
  float* memory_gradient(int64_t b) const { return memory_gradients + b * columns(); }

  /// The deltas of a step, as Cell::sums_apart orders them, and which of them is whose.
  float* deltas(int64_t b, int64_t i) const { return all_deltas + (b * steps + i) * delta_pitch(); }
  int64_t delta_pitch() const { return delta_count * columns(); }
  bool sums_apart() const { return delta_count > gates; }
  int64_t delta_of_input(int64_t gate) const { return sums_apart() ? (gate + 1) % gates : gate; }
  int64_t delta_of_sum(int64_t gate) const { return gate + (sums_apart() ? 1 : 0); }
  /// The gate that is `at` places behind the first in the order of the inputs' deltas.
  int64_t gate_of_input(int64_t at) const { return sums_apart() ? (at + gates - 1) % gates : at; }

  /// A tile [gates, width, units * kUnit] of some units, of which this is the first. Its rows are
  /// in the order of the deltas that they meet.
  float* tile(float* tiles, int64_t unit) const { return tiles + unit * kUnit * gates * width; }
};

/// A thread's share of the chunk's products, of which `steps` steps exist, from token `first` on:
/// with W's transpose for the tokens' gradients, and with tokens and states for the weights'
/// gradients, which it adds to or overwrites. The order in which each is summed up does not depend
/// on the number of threads.
void write_recurrence_token_gradients(const RecurrenceChunk& chunk, int64_t first, int64_t steps,
                                      int64_t head_dim, const Tensor<float>& gradient,
                                      int64_t thread, int64_t threads);
void sum_recurrence_weight_gradients(const RecurrenceChunk& chunk, int64_t steps, bool adds,
                                     const Gradients& gradients, int64_t thread, int64_t threads);

/// Units of a tile of W's transpose.
inline constexpr int64_t kInputTileUnits = kTileVectorsForRows / kUnitVectors;

}  // namespace attnbench::kernels
