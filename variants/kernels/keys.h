// Where the keys of a block lie in memory.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// The number of keys that are read together: either neighbours, or one key of each stream
/// (streams.h).
inline constexpr int64_t kOctet = 8;

/// The places of rows of K or V. Rows come in octets, and the last octet may be incomplete. The
/// rows of an octet are `stride` elements apart; octets are `octet_stride` elements apart.
struct KeyRows {
  int64_t count;
  int64_t stride;
  int64_t octet_stride;

  bool consecutive() const { return octet_stride == kOctet * stride; }
};

}  // namespace attnbench::kernels
