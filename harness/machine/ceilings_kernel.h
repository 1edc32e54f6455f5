// The loops that the ceilings time, compiled for the machine as the variants are.
#pragma once

#include <cstdint>

namespace attnbench::machine {

/// Floating-point operations of one round of fma_rounds.
extern const int64_t kFlopsPerRound;

/// Fused multiply-adds that wait for nothing but the unit that does them. The result hangs on all
/// of them.
float fma_rounds(int64_t rounds, float factor, float addend);

/// The same, with two nops beside every three of them: as full of other instructions as a kernel.
/// As fast as fma_rounds, unless another hardware thread takes issue slots of the core.
float crowded_fma_rounds(int64_t rounds, float factor, float addend);

/// a = b + s * c: reads 8 bytes and writes 4 an element.
void triad(float* a, const float* b, const float* c, float s, int64_t n);

}  // namespace attnbench::machine
