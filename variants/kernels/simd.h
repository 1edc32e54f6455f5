// Highway with static dispatch: one target, the machine that the variants are compiled for.
#pragma once

#include <cstdint>

// GCC 12's headers for AVX-512 set off warnings; once included here, they set off no more.
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

// Without it Highway 1.0.3 refuses a baseline that it would not dispatch to
// (-march=sapphirerapids).
#define HWY_COMPILE_ONLY_STATIC
// Nor would it use AVX2 or AVX-512 without AES instructions, which no kernel needs and which
// -march=x86-64-v3 and v4 do not promise.
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

inline constexpr bool kHasAvx512 = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3;

// Vectors narrower than the machine's would pass every test, at a fraction of the speed.
#if defined(__AVX2__) && defined(__FMA__) && defined(__BMI2__) && defined(__F16C__)
static_assert(HWY_TARGET <= HWY_AVX2, "Highway does not use AVX2");
#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
static_assert(HWY_TARGET <= HWY_AVX3, "Highway does not use AVX-512");
#endif
#endif

}  // namespace attnbench::kernels
