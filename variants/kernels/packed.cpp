// The product of a few rows with a packed tile, in registers.
#include "kernels/packed.h"

#include <algorithm>
#include <cassert>

#include "kernels/microkernel.h"
#include "kernels/transpose.h"

namespace attnbench::kernels {
namespace {

struct Target {
  const float* tile;
  const float* start;
  int64_t start_pitch;
  float* c;
  int64_t c_pitch;
};

/// How many rows are multiplied at a time: at most six, since callers have chunks of as many rows.
constexpr int most_rows_at_once(int vectors) {
  return std::min(6, rows_in_registers(vectors));
}

/// Elements whose sum is complete before it is added to the others, which keeps rounding errors
/// from growing with the depth.
constexpr int64_t kShortSum = 128;

/// c = start + sums, for kRows rows. A start that is null is zero. Without the pragmas GCC 12 does
/// not unroll these loops, keeps the sums in memory for their sake, and so writes them all to the
/// stack every few steps of sum_products().
template <int kVectors, int kRows>
HWY_INLINE void add_sums(const Vec (&sums)[kRows][kVectors], const float* start,
                         int64_t start_pitch, const Target& to) {
  const Lanes d;
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const Vec sum = start == nullptr
                          ? sums[r][v]
                          : hn::Add(sums[r][v], hn::Load(d, start + r * start_pitch + v * kLanes));
      hn::Store(sum, d, to.c + r * to.c_pitch + v * kLanes);
    }
}

template <int kVectors, int kRows>
HWY_NOINLINE void multiply_rows(const LeftRows& left, const Target& to) {
  const float* tile = to.tile;
  const float* start = to.start;
  int64_t start_pitch = to.start_pitch, run = 0, i = 0;
  while (run < left.runs) {
    Vec sums[kRows][kVectors];
    for (auto& row : sums)
      for (Vec& sum : row) sum = hn::Zero(Lanes());
    for (int64_t room = kShortSum; room > 0 && run < left.runs;) {
      const int64_t piece = std::min(room, left.run_length - i);
      sum_products<Operand::kKeys, kRows, kVectors, kVectors>(
          left.first + run * left.run_stride + i, left.pitch, tile, piece, 0, nullptr, sums);
      tile += piece * kVectors * kLanes;
      room -= piece;
      i += piece;
      if (i == left.run_length) i = 0, ++run;
    }
    add_sums(sums, start, start_pitch, to);
    start = to.c;
    start_pitch = to.c_pitch;
  }
}

template <int kVectors, int kRows = most_rows_at_once(kVectors)>
void multiply(const LeftRows& left, int64_t rows, const Target& to) {
  if (rows == kRows) return multiply_rows<kVectors, kRows>(left, to);
  if constexpr (kRows > 1) multiply<kVectors, kRows - 1>(left, rows, to);
}

}  // namespace

void pack_tile(const float* const* rows, int64_t lanes, int64_t depth, float* tile) noexcept {
  transpose(rows, lanes, depth, 1, tile);
}

int64_t multiply_packed(const LeftRows& left, int64_t rows, const float* tile, int vectors,
                        const float* start, int64_t start_pitch, float* c,
                        int64_t c_pitch) noexcept {
  assert(is_aligned(tile) && is_aligned(start) && is_aligned(c) && "A tile is not aligned");
  // The blocks are about equal: one of a single row would not hide the latency of FMA.
  const int64_t taken = divide_up(rows, divide_up(rows, most_rows_at_once(vectors)));
  const Target to{tile, start, start_pitch, c, c_pitch};
  switch (vectors) {
    case 2:
      multiply<2>(left, taken, to);
      break;
    case 3:
      multiply<3>(left, taken, to);
      break;
    case 4:
      multiply<4>(left, taken, to);
      break;
    case 6:
      multiply<6>(left, taken, to);
      break;
    default:
      assert(vectors == 8 && "No tile has so many vectors");
      multiply<8>(left, taken, to);
      break;
  }
  return taken;
}

}  // namespace attnbench::kernels
