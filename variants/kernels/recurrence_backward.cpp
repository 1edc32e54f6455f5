// Recurrent layers, backward. A chunk of steps at a time, from the last one: first step after step
// back through the cells, with a product of U's transpose and the deltas after each; then the
// products of all the chunk's deltas (recurrence_chunk.h).
//
// Steps are shared as in the forward pass: by teams, whose members have some columns of the state.
// All threads share a chunk's products, whoever had which sequences.
#include <algorithm>
#include <optional>

#include "kernels/divide.h"
#include "kernels/microkernel.h"
#include "kernels/packed.h"
#include "kernels/recurrence.h"
#include "kernels/recurrence_chunk.h"
#include "kernels/recurrence_parts.h"
#include "kernels/team.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {
namespace {

/// One thread's part of the pass.
class Member {
 public:
  Member(const RecurrenceBackward& job, const Cell& cell, const Teams& teams, int64_t thread)
      : job_(job),
        problem_(job.call.problem),
        cell_(cell),
        kept_(problem_, cell, reinterpret_cast<const float*>(job.saved.data)),
        chunk_(job.call, cell, job.workspace.data),
        team_(thread / teams.members),
        teams_(teams.teams),
        thread_(thread),
        threads_(teams.threads()),
        sequences_(Range::part(chunk_.batch, team_, teams.teams)),
        units_(Range::part(chunk_.units, thread % teams.members, teams.members)),
        tile_units_((divide_up(chunk_.batch, teams.teams) <= kFewRows ? kMostTileVectors
                                                                      : kTileVectorsForRows) /
                    kUnitVectors),
        team_barrier_(chunk_.team_lines + team_ * teams.members * StepBarrier::kLine, teams.members,
                      thread % teams.members),
        barrier_(chunk_.lines, threads_, thread) {}

  /// What must be done by all before any thread begins.
  void prepare() const {
    int64_t turn = 0;  // Teams have the same tiles of U.
    for_each_tile(units_, tile_units_, [&](int64_t unit, int64_t units) {
      if (turn++ % teams_ == team_) pack(kRecurrentWeights, unit, units);
    });
    turn = 0;
    for_each_tile({0, chunk_.units}, kInputTileUnits, [&](int64_t unit, int64_t units) {
      if (turn++ % threads_ == thread_) pack(kInputWeights, unit, units);
    });
    clear();
  }

  void run() {
    for (int64_t end = problem_.kv_len, first = 0; end > 0; end = first) {
      first = std::max<int64_t>(0, end - chunk_.steps);
      const int64_t steps = end - first;
      load(first, steps);
      for (int64_t i = steps; i-- > 0;) step(first, i);
      barrier_.wait();
      write_recurrence_token_gradients(chunk_, first, steps, problem_.head_dim, job_.gradients.v,
                                       thread_, threads_);
      sum_recurrence_weight_gradients(chunk_, steps, end < problem_.kv_len, job_.gradients, thread_,
                                      threads_);
      barrier_.wait();
    }
  }

 private:
  /// Calls visit(first unit, units) for each tile.
  template <class Visit>
  static void for_each_tile(const Range& units, int64_t tile_units, const Visit& visit) {
    for (int64_t unit = units.begin; unit < units.end; unit += tile_units)
      visit(unit, std::min(tile_units, units.end - unit));
  }

  /// Packs the columns of a tile.
  void pack(RecurrentInput input, int64_t unit, int64_t units) const {
    const Tensor<const float>& weights = job_.in.extra[input];
    const bool is_input = input == kInputWeights;
    const int64_t width = chunk_.width, column = unit * kUnit, pitch = units * kUnit;
    float* to = chunk_.tile(is_input ? chunk_.input_tiles : chunk_.recurrent_tiles, unit);
    for (int64_t i = 0; i < chunk_.gates; ++i, to += width * pitch)
      pack_rows(weights.head(0, is_input ? chunk_.gate_of_input(i) : i) + column, width, width,
                std::min(pitch, width - column), pitch, to, pitch);
  }

  /// Clears the gradients of q and k, and of this thread's columns what is added to, and what is
  /// beyond the width.
  void clear() const {
    for (const Tensor<float>& gradient : {job_.gradients.q, job_.gradients.k}) {
      const Range part = Range::part(gradient.size(), thread_, threads_);
      std::fill(gradient.data + part.begin, gradient.data + part.end, 0.0f);
    }
    const int64_t begin = units_.begin * kUnit, columns = units_.end * kUnit - begin;
    for (int64_t b = sequences_.begin; b < sequences_.end; ++b) {
      for (int64_t unit = units_.begin; unit < units_.end; ++unit) {
        std::fill_n(chunk_.token(unit, b, 0), chunk_.steps * kUnit, 0.0f);
        std::fill_n(chunk_.state(unit, b, 0), (chunk_.steps + 1) * kUnit, 0.0f);
      }
      for (int64_t row = 0; row <= chunk_.steps; ++row)
        std::fill_n(chunk_.state_gradient(b, row) + begin, columns, 0.0f);
      if (cell_.has_memory) std::fill_n(chunk_.memory_gradient(b) + begin, columns, 0.0f);
      load_gradient(problem_.kv_len - 1, b, 0);
    }
  }

  /// Calls visit(unit, head, dim, begin, count) for the pieces of this thread's columns that are in
  /// one unit and in one head; `begin` is a column.
  template <class Visit>
  void for_each_unit_piece(const Visit& visit) const {
    for (int64_t unit = units_.begin; unit < units_.end; ++unit)
      for_each_piece(unit * kUnit, unit * kUnit + chunk_.columns_of(unit), problem_.head_dim,
                     [&](int64_t head, int64_t dim, int64_t begin, int64_t count) {
                       visit(unit, head, dim, begin, count);
                     });
  }

  int64_t query_of(int64_t t) const { return t - (problem_.kv_len - problem_.q_len); }

  /// Loads this thread's columns of the chunk's tokens and states, and what d_out adds to the
  /// states' gradients. That of the last state is complete: the chunk behind has left it in row 0.
  void load(int64_t first, int64_t steps) const {
    const int64_t begin = units_.begin * kUnit, end = units_.end * kUnit;
    for (int64_t b = sequences_.begin; b < sequences_.end; ++b) {
      const float* const complete = chunk_.state_gradient(b, 0);
      std::copy(complete + begin, complete + end, chunk_.state_gradient(b, steps) + begin);
      for (int64_t row = 0; row <= steps; ++row) {
        load_state(first - 1 + row, b, row);
        if (row < steps) load_gradient(first - 1 + row, b, row);
        if (row < steps) load_token(first + row, b, row);
      }
    }
  }

  void load_gradient(int64_t t, int64_t b, int64_t row) const {
    const int64_t query = query_of(t);
    for_each_unit_piece([&](int64_t, int64_t head, int64_t dim, int64_t begin, int64_t count) {
      float* const to = chunk_.state_gradient(b, row) + begin;
      if (t >= 0 && query >= 0)
        std::copy_n(job_.d_out.row(b, head, query) + dim, count, to);
      else
        std::fill_n(to, count, 0.0f);
    });
  }

  void load_token(int64_t t, int64_t b, int64_t i) const {
    for_each_unit_piece([&](int64_t unit, int64_t head, int64_t dim, int64_t begin, int64_t count) {
      std::copy_n(job_.in.v.row(b, head, t) + dim, count, chunk_.token(unit, b, i) + begin % kUnit);
    });
  }

  /// Loads the state after token t.
  void load_state(int64_t t, int64_t b, int64_t row) const {
    const int64_t query = query_of(t);
    for_each_unit_piece([&](int64_t unit, int64_t head, int64_t dim, int64_t begin, int64_t count) {
      float* const to = chunk_.state(unit, b, row) + begin % kUnit;
      if (t < 0)
        std::fill_n(to, count, 0.0f);
      else
        std::copy_n(query >= 0 ? job_.out.row(b, head, query) + dim : kept_.state(b, t) + begin,
                    count, to);
    });
  }

  /// Back through token first + i.
  void step(int64_t first, int64_t i) {
    for (int64_t unit = units_.begin; unit < units_.end; ++unit)
      for (int64_t b = sequences_.begin; b < sequences_.end; ++b) apply(first + i, unit, b, i);
    team_barrier_.wait();
    if (first + i == 0) return;  // Nobody wants the gradient of the state before the first token.
    for_each_tile(units_, tile_units_, [&](int64_t unit, int64_t units) {
      const int64_t pitch = (chunk_.steps + 1) * chunk_.columns();
      const LeftRows left{chunk_.deltas(0, i) + chunk_.delta_of_sum(0) * chunk_.columns(),
                          chunk_.steps * chunk_.delta_pitch(), chunk_.gates, chunk_.width,
                          chunk_.columns()};
      for (int64_t b = sequences_.begin; b < sequences_.end;) {
        float* const to = chunk_.state_gradient(b, i) + unit * kUnit;
        b += multiply_packed(left.from(b), sequences_.end - b,
                             chunk_.tile(chunk_.recurrent_tiles, unit),
                             static_cast<int>(units * kUnitVectors), to, pitch, to, pitch);
      }
    });
  }

  /// One unit of it, which is step i of the chunk.
  void apply(int64_t t, int64_t unit, int64_t b, int64_t i) const {
    const int64_t column = unit * kUnit;
    const float* const kept = kept_.of_step(b, t, column);
    const bool remembers = cell_.has_memory && t > 0;
    cell_.go_back(divide_up(chunk_.columns_of(unit), kLanes),
                  {.kept = kept,
                   .kept_pitch = kept_.pitch,
                   .memory_before = remembers ? kept - kept_.pitch : nullptr,
                   .before = chunk_.state(unit, b, i),
                   .after = chunk_.state(unit, b, i + 1),
                   .d_after = chunk_.state_gradient(b, i + 1) + column,
                   .d_before = chunk_.state_gradient(b, i) + column,
                   .d_memory = cell_.has_memory ? chunk_.memory_gradient(b) + column : nullptr,
                   .deltas = chunk_.deltas(b, i) + column,
                   .delta_pitch = chunk_.columns()});
  }

  const RecurrenceBackward& job_;
  const Problem& problem_;
  const Cell& cell_;
  KeptSteps<const float> kept_;
  RecurrenceChunk chunk_;
  int64_t team_, teams_, thread_, threads_;
  Range sequences_, units_;
  int64_t tile_units_;
  StepBarrier team_barrier_, barrier_;
};

}  // namespace

Count recurrence_backward_bytes(const Call& call, const Cell& cell) noexcept {
  return RecurrenceChunk(call, cell, nullptr).bytes;
}

void run_recurrence_backward(const RecurrenceBackward& job, const Cell& cell) noexcept {
  const RecurrenceChunk cut(job.call, cell, nullptr);
  on_each_thread(job.call.threads, [&](int thread, int threads) {
    const Teams teams(cut.batch, cut.units, cut.gates * cut.columns() * cut.width, threads);
    if (thread >= teams.threads()) return meet_all();
    Member member(job, cell, teams, thread);
    member.prepare();
    meet_all();
    member.run();
  });
}

}  // namespace attnbench::kernels
