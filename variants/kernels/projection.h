// Products of rows with a small matrix [outputs, depth], such as random directions or the weights
// of a layer, that a call packs once in its scratch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/count.h"
#include "kernels/packed.h"

namespace attnbench::kernels {

class Projection {
 public:
  /// `packed` has room for floats() and is aligned to 64 bytes.
  Projection(int64_t outputs, int64_t depth, float* packed)
      : outputs_(outputs), depth_(depth), packed_(packed) {}

  /// Floats of a row of products, copies of the last output behind it included.
  static int64_t pitch(int64_t outputs) {
    return std::max<int64_t>(divide_up(outputs, kLanes), 2) * kLanes;
  }
  static int64_t floats(int64_t outputs, int64_t depth) { return pitch(outputs) * depth; }

  /// Packs the matrix whose elements are element(output, i).
  template <class Element>
  void pack(const Element& element) const {
    for_each_tile([&](int64_t first, int vectors) {
      float* to = packed_ + first * depth_;
      for (int64_t i = 0; i < depth_; ++i)
        for (int64_t lane = 0; lane < vectors * kLanes; ++lane)
          *to++ = element(std::min(first + lane, outputs_ - 1), i);
    });
  }

  /// Writes the products of `count` rows to out, rows `out_pitch` floats apart, which is at least
  /// pitch(). out is aligned to whole vectors.
  void multiply(const float* rows, int64_t count, float* out, int64_t out_pitch) const {
    for_each_tile([&](int64_t first, int vectors) {
      for (int64_t row = 0; row < count;)
        row += multiply_packed({rows + row * depth_, depth_, 1, depth_, 0}, count - row,
                               packed_ + first * depth_, vectors, nullptr, 0,
                               out + row * out_pitch + first, out_pitch);
    });
  }

 private:
  /// Calls body(first output, vectors) for each tile. No tile has a single vector.
  template <class Body>
  void for_each_tile(const Body& body) const {
    const int64_t all = pitch(outputs_) / kLanes;
    for (int64_t first = 0; first < all;) {
      const int64_t left = all - first;
      const int64_t taken =
          left == kTileVectorsForRows + 1 ? 3 : std::min<int64_t>(left, kTileVectorsForRows);
      body(first * kLanes, static_cast<int>(taken));
      first += taken;
    }
  }

  int64_t outputs_, depth_;
  float* packed_;
};

}  // namespace attnbench::kernels
