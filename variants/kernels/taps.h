// Which tokens a 1-D convolution reads. Its kernel has places, called taps: tap j of output t meets
// token t + right - j. If the problem is causal, right is 0 and the taps are the token itself and
// those before it. Else the kernel is centred on the token: an odd one has as many taps to each
// side, an even one has one more to the left. Tokens that do not exist count as zero.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/count.h"
#include "attnbench/variant.h"
#include "kernels/divide.h"

namespace attnbench::kernels {

/// The param of convolutions. The weights of a dense one take 8 bytes, the packed ones included,
/// for each tap and pair of columns: 32 taps of 4096 columns fill 4 GiB.
inline constexpr Param kKernelParams[] = {
    {"kernel", 3, 1, 32, "tokens that an output sees: its own and those before it, or around it"},
};

struct Taps {
  int64_t kernel, right;

  Taps(const Problem& p, int64_t taps) : kernel(taps), right(p.causal ? 0 : (taps - 1) / 2) {}

  /// From an output to the token that this tap meets.
  int64_t offset(int64_t tap) const { return right - tap; }
  int64_t left() const { return kernel - 1 - right; }

  /// Positions of queries [first, end) for which this tap meets a token. (A query before the first
  /// token has none: its output is 0.)
  Range positions(const Problem& p, int64_t tap, int64_t first, int64_t end) const {
    return {std::max({int64_t{0}, aligned_position(p, first), -offset(tap)}),
            std::min(aligned_position(p, end), p.kv_len - std::max<int64_t>(0, offset(tap)))};
  }

  /// Pairs of an output and a tap that meets a token, in one sequence.
  Count products(const Problem& p) const {
    Count sum{};
    for (int64_t tap = 0; tap < kernel; ++tap) {
      const Range t = positions(p, tap, 0, p.q_len);
      sum = sum + Count(std::max<int64_t>(0, t.end - t.begin));
    }
    return sum;
  }

  /// Tokens of one sequence that some output reads.
  int64_t tokens_read(const Problem& p) const { return std::min(p.kv_len, p.q_len + left()); }

  /// How many such layers it takes until the first of n tokens reaches the last one.
  Count layers(int64_t n) const {
    if (n == 1) return Count(1);
    // No number of layers is enough if none looks back.
    return left() == 0 ? count(INT64_MAX) : Count(divide_up(n - 1, left()));
  }
};

}  // namespace attnbench::kernels
