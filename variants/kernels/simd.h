// Highway with static dispatch: one target, the machine that the variants are compiled for.
#pragma once

#include <cstdint>

// GCC 12 warns of its own headers for AVX-512 where they are first included. That is here, with the
// warnings off.
#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif

// Without this macro Highway 1.0.3 refuses baselines that it has no dynamic dispatch for, such as
// -march=sapphirerapids.
#define HWY_COMPILE_ONLY_STATIC
// Without this one Highway uses AVX2 and AVX-512 only if there are AES instructions too. No kernel
// needs those, and -march=x86-64-v3 and v4 do not include them.
#define HWY_DISABLE_PCLMUL_AES
#include "hwy/cache_control.h"
#include "hwy/highway.h"

#if HWY_TARGET == HWY_SCALAR
#error "The kernels need SIMD: ATTNBENCH_MARCH=x86-64-v2 or newer"
#endif

namespace attnbench::kernels {

namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;
inline constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Lanes()));

/// The most vectors that a strip has, and so the most query rows: one lane a row.
inline constexpr int kMaxVectors = 3;
inline constexpr int64_t kStripRows = kMaxVectors * kLanes;

/// Whether loads and stores of whole vectors may begin here.
inline bool is_aligned(const void* address) {
  return reinterpret_cast<uintptr_t>(address) % (kLanes * sizeof(float)) == 0;
}

inline constexpr bool kHasAvx512 = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3;

// If Highway chose narrower vectors than the machine has, every test would pass, at a fraction of
// the speed.
#if defined(__AVX2__) && defined(__FMA__) && defined(__BMI2__) && defined(__F16C__)
static_assert(HWY_TARGET <= HWY_AVX2, "Highway does not use AVX2");
#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
static_assert(HWY_TARGET <= HWY_AVX3, "Highway does not use AVX-512");
#endif
#endif

}  // namespace attnbench::kernels
