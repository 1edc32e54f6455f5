// The loops that the ceilings time, compiled for the machine as the variants are.
#pragma once

#include <cstdint>

namespace attnbench::machine {

/// Floating-point operations in one round of fma_rounds.
extern const int64_t kFlopsPerRound;

/// Fused multiply-adds that wait only for the unit that executes them. The result depends on all of
/// them, so that the compiler drops none.
float fma_rounds(int64_t rounds, float factor, float addend);

/// The same with two nops per three FMAs, about as many other instructions as an attention kernel
/// has. As fast as fma_rounds, unless another hardware thread takes issue slots of the core.
float crowded_fma_rounds(int64_t rounds, float factor, float addend);

/// The sum of n floats, which lie in as many streams of equal length as fast reading takes. Reads 4
/// bytes per element.
float read_sum(const float* data, int64_t n);

/// a = b + s * c: reads 8 bytes and writes 4 bytes per element.
void triad(float* a, const float* b, const float* c, float s, int64_t n);

}  // namespace attnbench::machine
