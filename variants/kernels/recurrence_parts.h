// What the forward and the backward pass of recurrent layers share: how threads share sequences,
// and what the first keeps for the second.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/recurrence.h"
#include "kernels/simd.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// Steps whose products with tokens are computed at once: whole blocks of six rows.
inline constexpr int64_t kStepsAtOnce = 48;

/// Threads that share sequences, and those of them that share a sequence.
///
/// If there are several sequences a thread, each thread has sequences of its own, and never waits.
/// Else a team of threads shares the sequences, and each member has some units of columns of the
/// state: it keeps its part of the recurrent matrix in its own caches, and meets the others after
/// each step.
struct Teams {
  int64_t teams, members;

  Teams(int64_t batch, int64_t units, int64_t matrix_floats, int64_t threads) {
    const int64_t worth = std::clamp<int64_t>(matrix_floats / kMemberFloats, 1, units);
    teams = batch >= kSequencesAlone * threads
                ? threads
                : std::clamp<int64_t>(threads / std::min(threads, worth), 1, batch);
    members = std::min(threads / teams, worth);
  }

  int64_t threads() const { return teams * members; }

 private:
  /// Sequences for each thread from which on threads do not share sequences: if one thread has a
  /// sequence more than another, it works at most a quarter longer.
  static constexpr int64_t kSequencesAlone = 4;
  /// Floats of the matrix that are worth another member: 64 KiB take longer to read than members
  /// take to meet.
  static constexpr int64_t kMemberFloats = 16384;
};

/// What a forward pass keeps: of each step what the cell wants (Cell::kept), in rows of `pitch`
/// floats; and the states that out does not have, which are those of tokens before the first query.
template <class Float>
struct KeptSteps {
  Float* data;
  int64_t kept, steps, early, batch, width, pitch;

  KeptSteps(const Problem& p, const Cell& cell, Float* floats)
      : data(floats),
        kept(cell.kept),
        steps(p.kv_len),
        early(std::max<int64_t>(0, p.kv_len - p.q_len)),
        batch(p.batch),
        width(token_width(p)),
        pitch(round_up(width, kLanes)) {}

  /// [kept, pitch] of token t, from a column on; null if nothing is kept.
  Float* of_step(int64_t b, int64_t t, int64_t column) const {
    return data == nullptr || kept == 0 ? nullptr : data + (b * steps + t) * kept * pitch + column;
  }
  /// The state after token t, which is below `early`.
  Float* state(int64_t b, int64_t t) const {
    return data + batch * steps * kept * pitch + (b * early + t) * width;
  }
  Count bytes() const {
    return (count(batch, steps, kept, pitch) + count(batch, early, width)) * Count(sizeof(Float));
  }
};

}  // namespace attnbench::kernels
