// The loops that the ceilings time, compiled for the machine as the variants are.
#pragma once

#include <cstdint>

namespace attnbench::machine {

/// A loop of multiply-adds that wait only for the unit that executes them.
struct MultiplyAdds {
  /// The result depends on all of them, so that the compiler drops none. Null if the CPU that the
  /// variants are compiled for has no such instruction.
  float (*run)(int64_t rounds, float factor, float addend) = nullptr;
  int64_t operations = 0;  ///< In one round: two for each multiply-add.
};

extern const MultiplyAdds kFma;  ///< float32.
/// The same with two nops per three FMAs, about as many other instructions as an attention kernel
/// has. As fast as kFma, unless another hardware thread takes issue slots of the core.
extern const MultiplyAdds kCrowdedFma;
extern const MultiplyAdds kBf16;  ///< Pairs of bf16, summed in float32 (AVX512-BF16).
extern const MultiplyAdds kInt8;  ///< Fours of int8, summed in int32 (AVX512-VNNI, AVX-VNNI).

/// The sum of n floats, which lie in as many streams of equal length as fast reading takes. Reads 4
/// bytes per element.
float read_sum(const float* data, int64_t n);

/// a = b + s * c: reads 8 bytes and writes 4 bytes per element.
void triad(float* a, const float* b, const float* c, float s, int64_t n);

}  // namespace attnbench::machine
