// Keys at a fixed distance from one another.
#pragma once

#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// The keys base, base + step, ...; key base + step * i has the index i.
struct Lattice {
  int64_t base = 0;
  int64_t step = 1;

  bool operator==(const Lattice&) const = default;
  int64_t keys_below(int64_t key) const {
    return step == 1 ? key - base : (key - base + step - 1) / step;
  }
};
inline Lattice lattice_of(const KeySpan& span) {
  return {span.step == 1 ? 0 : span.begin % span.step, span.step};
}

/// The first key of begin, begin + step, ... from `key` on.
inline int64_t first_from(int64_t begin, int64_t step, int64_t key) {
  if (begin >= key) return begin;
  return step == 1 ? key : begin + (key - begin + step - 1) / step * step;
}

}  // namespace attnbench::kernels
