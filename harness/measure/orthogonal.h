// Random orthogonal rows, the same bits on every machine.
#pragma once

#include <cstdint>
#include <vector>

namespace attnbench::measure {

/// Turns rows [count, dim] of independent normal numbers, with count <= dim, into orthogonal rows
/// of length 1. All directions are equally likely: they are the first columns of a product of
/// Householder reflections (Stewart 1980, The efficient generation of random orthogonal matrices).
/// Takes about 2 count^2 (dim - count / 3) multiply-adds.
void make_orthogonal(std::vector<double>& rows, int64_t dim);

}  // namespace attnbench::measure
