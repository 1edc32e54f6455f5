// Eigen, set up so that a product of bounded operands neither allocates nor starts threads.
#pragma once

#include <cstdint>

#include "kernels/intrinsics.h"

#define EIGEN_DONT_PARALLELIZE
// Packing buffers up to this many bytes live on the stack; Eigen takes larger ones from the heap.
#define EIGEN_STACK_ALLOCATION_LIMIT 524288

#include <Eigen/Core>

namespace attnbench::kernels {

/// The most floats that either operand of one product may hold for its packed copy to fit on the
/// stack, with as much again to spare.
inline constexpr int64_t kMaxOperandFloats = EIGEN_STACK_ALLOCATION_LIMIT / 4 / 2;

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMatrix = Eigen::Map<const RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;
using MutableMatrix = Eigen::Map<RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;

}  // namespace attnbench::kernels
