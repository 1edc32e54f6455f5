// Highway with static dispatch: one target, the machine that the variants are compiled for.
#pragma once

// Without it Highway 1.0.3 refuses a baseline that it would not dispatch to
// (-march=sapphirerapids).
#define HWY_COMPILE_ONLY_STATIC
#include "hwy/cache_control.h"
#include "hwy/highway.h"

namespace attnbench::kernels {

namespace hn = hwy::HWY_NAMESPACE;

}  // namespace attnbench::kernels
