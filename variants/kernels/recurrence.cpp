// Recurrent layers. The products W x of some steps are one product with many rows. Then step after
// step multiplies U by the states of all sequences: for one sequence at the speed at which U comes
// from its cache, for many at that of FMA.
#include "kernels/recurrence.h"

#include <algorithm>
#include <optional>

#include "kernels/divide.h"
#include "kernels/packed.h"
#include "kernels/recurrence_parts.h"
#include "kernels/team.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {
namespace {

/// How the state is cut. A unit is a vector of columns with its gates; of a layer that has one gate
/// it is two vectors, since no tile has one. Tiles have some units; their lanes are, for each unit,
/// for each gate, the columns.
struct RecurrenceCut {
  int64_t gates, width, batch, steps;
  int64_t unit_columns, unit_floats;  ///< Columns of a unit, and the lanes of all their gates.
  int64_t units;

  RecurrenceCut(const Problem& p, const Cell& cell)
      : gates(cell.gates),
        width(token_width(p)),
        batch(p.batch),
        steps(std::min(kStepsAtOnce, p.kv_len)),
        unit_columns(gates == 1 ? 2 * kLanes : kLanes),
        unit_floats(gates * unit_columns),
        units(divide_up(width, unit_columns)) {}

  int64_t columns() const { return units * unit_columns; }
  int64_t floats() const { return units * unit_floats; }
  int64_t tile_units(int64_t rows) const {
    const int vectors = rows <= kFewRows ? kMostTileVectors : kTileVectorsForRows;
    return std::max<int64_t>(1, vectors * kLanes / unit_floats);
  }
};

/// What scratch holds, in this order.
enum Part {
  kPackedInputWeights,      ///< [units, width, unit_floats], but the units of a tile are mingled.
  kPackedRecurrentWeights,  ///< The same.
  kPackedBias,              ///< [units, unit_floats]
  kInputs,                  ///< W x + b of a chunk of steps: [batch, steps, units, unit_floats]
  kStates,                  ///< h before a step and after it: [2, batch, columns]
  kMemory,                  ///< [batch, columns]
  kLines,                   ///< A line for each thread.
  kParts
};

Count floats_of(const Call& call, const Cell& cell, Part part) {
  const RecurrenceCut cut(call.problem, cell);
  constexpr int64_t kLineFloats = StepBarrier::kLine / static_cast<int64_t>(sizeof(float));
  const auto lines = [](Count floats) {
    return floats.saturated() ? floats : Count(round_up(floats.value(), kLineFloats));
  };
  switch (part) {
    case kPackedInputWeights:
    case kPackedRecurrentWeights:
      return lines(count(cut.floats(), cut.width));
    case kPackedBias:
      return lines(Count(cut.floats()));
    case kInputs:
      return lines(count(cut.batch, cut.steps, cut.floats()));
    case kStates:
      return lines(count(2, cut.batch, cut.columns()));
    case kMemory:
      return cell.has_memory ? lines(count(cut.batch, cut.columns())) : Count(0);
    default:
      return count(call.threads, kLineFloats);
  }
}

/// One thread's part of the layer.
class Member {
 public:
  Member(const Call& call, const Inputs& in, const Tensor<float>& out, const Workspace& workspace,
         const Cell& cell, const Workspace& saved, const Teams& teams, int64_t thread)
      : problem_(call.problem),
        in_(in),
        out_(out),
        cell_(cell),
        kept_(call.problem, cell, reinterpret_cast<float*>(saved.data)),
        cut_(call.problem, cell),
        team_(thread / teams.members),
        teams_(teams.teams),
        sequences_(Range::part(cut_.batch, team_, teams.teams)),
        units_(Range::part(cut_.units, thread % teams.members, teams.members)),
        columns_{units_.begin * cut_.unit_columns,
                 std::min(units_.end * cut_.unit_columns, cut_.width)},
        tile_units_(cut_.tile_units(divide_up(cut_.batch, teams.teams))) {
    auto* next = reinterpret_cast<float*>(workspace.data);
    for (int part = 0; part < kParts; ++part) {
      parts_[part] = next;
      next += floats_of(call, cell, static_cast<Part>(part)).value();
    }
    barrier_.emplace(
        reinterpret_cast<std::byte*>(parts_[kLines]) + team_ * teams.members * StepBarrier::kLine,
        teams.members, thread % teams.members);
  }

  /// What must be done by all before any thread begins.
  void prepare() {
    pack(in_.extra[kInputWeights], parts_[kPackedInputWeights]);
    pack(in_.extra[kRecurrentWeights], parts_[kPackedRecurrentWeights]);
    pack_bias();
    const int64_t begin = units_.begin * cut_.unit_columns, end = units_.end * cut_.unit_columns;
    for (int64_t b = sequences_.begin; b < sequences_.end; ++b) {
      std::fill(state(0, b) + begin, state(0, b) + end, 0.0f);
      if (cell_.has_memory) std::fill_n(memory(b, begin), end - begin, 0.0f);
      for (int64_t query = 0; query < problem_.q_len - problem_.kv_len; ++query) {
        write(b, query, nullptr);
      }
    }
  }

  void run() {
    for (int64_t first = 0; first < problem_.kv_len; first += cut_.steps) {
      const int64_t steps = std::min(cut_.steps, problem_.kv_len - first);
      multiply_tokens(first, steps);
      for (int64_t i = 0; i < steps; ++i) {
        step(first + i, i);
        barrier_->wait();
      }
    }
  }

 private:
  float* state(int64_t t, int64_t b) const {
    return parts_[kStates] + (t % 2 * cut_.batch + b) * cut_.columns();
  }
  /// Null if the cell has no memory.
  float* memory(int64_t b, int64_t column) const {
    return cell_.has_memory ? parts_[kMemory] + b * cut_.columns() + column : nullptr;
  }
  float* inputs(int64_t b, int64_t i) const {
    return parts_[kInputs] + (b * cut_.steps + i) * cut_.floats();
  }

  /// Calls visit(first unit, units) for each tile.
  template <class Visit>
  void for_each_tile(const Visit& visit) const {
    for (int64_t unit = units_.begin; unit < units_.end; unit += tile_units_)
      visit(unit, std::min(tile_units_, units_.end - unit));
  }

  /// Packs this thread's share of a matrix: teams have the same tiles, and take turns.
  void pack(const Tensor<const float>& weights, float* to) const {
    int64_t turn = 0;
    for_each_tile([&](int64_t first, int64_t units) {
      if (turn++ % teams_ != team_) return;
      const float* rows[kMostTileVectors * kLanes];
      int64_t lanes = 0;
      for (int64_t unit = first; unit < first + units; ++unit)
        for (int64_t gate = 0; gate < cut_.gates; ++gate)
          for (int64_t i = 0; i < cut_.unit_columns; ++i)
            rows[lanes++] =
                weights.row(0, gate, std::min(unit * cut_.unit_columns + i, cut_.width - 1));
      pack_tile(rows, lanes, cut_.width, to + first * cut_.unit_floats * cut_.width);
    });
  }

  /// Only the first team's members, which have all units between them.
  void pack_bias() const {
    if (team_ != 0) return;
    float* to = parts_[kPackedBias] + units_.begin * cut_.unit_floats;
    for (int64_t unit = units_.begin; unit < units_.end; ++unit)
      for (int64_t gate = 0; gate < cut_.gates; ++gate)
        for (int64_t i = 0; i < cut_.unit_columns; ++i)
          *to++ = in_.extra[kBias].row(0, gate,
                                       0)[std::min(unit * cut_.unit_columns + i, cut_.width - 1)];
  }

  /// W x + b for `steps` tokens of each sequence.
  void multiply_tokens(int64_t first, int64_t steps) const {
    const Tensor<const float>& v = in_.v;
    for_each_tile([&](int64_t unit, int64_t units) {
      const int64_t lane = unit * cut_.unit_floats;
      const float* const tile = parts_[kPackedInputWeights] + lane * cut_.width;
      const auto vectors = static_cast<int>(units * cut_.unit_floats / kLanes);
      for (int64_t b = sequences_.begin; b < sequences_.end; ++b) {
        const LeftRows tokens{v.row(b, 0, first), v.dim, v.heads, v.dim, v.len * v.dim};
        for (int64_t i = 0; i < steps;)
          i += multiply_packed(tokens.from(i), steps - i, tile, vectors, parts_[kPackedBias] + lane,
                               0, inputs(b, i) + lane, cut_.floats());
      }
    });
  }

  /// Step t, which is step i of its chunk.
  void step(int64_t t, int64_t i) const {
    for_each_tile([&](int64_t unit, int64_t units) {
      const int64_t lane = unit * cut_.unit_floats, column = unit * cut_.unit_columns;
      const float* const tile = parts_[kPackedRecurrentWeights] + lane * cut_.width;
      const auto vectors = static_cast<int>(units * cut_.unit_floats / kLanes);
      const LeftRows states{state(t, 0), cut_.columns(), 1, cut_.width, 0};
      for (int64_t b = sequences_.begin; b < sequences_.end;) {
        alignas(64) float sums[6 * kMostTileVectors * kLanes];
        const int64_t rows = multiply_packed(states.from(b), sequences_.end - b, tile, vectors,
                                             nullptr, 0, sums, vectors * kLanes);
        for (int64_t row = 0; row < rows; ++row, ++b)
          cell_.apply(units * cut_.unit_columns / kLanes, inputs(b, i) + lane,
                      sums + row * vectors * kLanes, state(t, b) + column, state(t + 1, b) + column,
                      memory(b, column), kept_.of_step(b, t, column), kept_.pitch);
      }
    });
    const int64_t query = t - (problem_.kv_len - problem_.q_len);
    for (int64_t b = sequences_.begin; b < sequences_.end; ++b) {
      const float* const after = state(t + 1, b);
      if (query >= 0)
        write(b, query, after);
      else if (kept_.data != nullptr)
        std::copy(after + columns_.begin, after + columns_.end, kept_.state(b, t) + columns_.begin);
    }
  }

  /// Writes this thread's columns of a state to out; zeros if `from` is null.
  void write(int64_t b, int64_t query, const float* from) const {
    for_each_piece(columns_.begin, columns_.end, problem_.head_dim,
                   [&](int64_t head, int64_t dim, int64_t begin, int64_t count) {
                     float* const to = out_.row(b, head, query) + dim;
                     if (from == nullptr)
                       std::fill_n(to, count, 0.0f);
                     else
                       std::copy_n(from + begin, count, to);
                   });
  }

  const Problem& problem_;
  const Inputs& in_;
  const Tensor<float>& out_;
  const Cell& cell_;
  KeptSteps<float> kept_;
  RecurrenceCut cut_;
  int64_t team_, teams_;
  Range sequences_, units_, columns_;
  int64_t tile_units_;
  float* parts_[kParts];
  std::optional<StepBarrier> barrier_;
};

}  // namespace

Count recurrence_bytes(const Call& call, const Cell& cell) noexcept {
  Count floats{};
  for (int part = 0; part < kParts; ++part)
    floats = floats + floats_of(call, cell, static_cast<Part>(part));
  return floats * Count(sizeof(float));
}

void run_recurrence(const Call& call, const Inputs& in, const Tensor<float>& out,
                    const Workspace& workspace, const Cell& cell, const Workspace& saved) noexcept {
  const RecurrenceCut cut(call.problem, cell);
  on_each_thread(call.threads, [&](int thread, int threads) {
    const Teams teams(cut.batch, cut.units, cut.floats() * cut.width, threads);
    if (thread >= teams.threads()) return meet_all();
    Member member(call, in, out, workspace, cell, saved, teams, thread);
    member.prepare();
    meet_all();
    member.run();
  });
}

}  // namespace attnbench::kernels
