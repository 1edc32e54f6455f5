// Softmax attention's weights as a dense matrix in double.
#pragma once

#include <Eigen/Core>
#include <cmath>

#include "inexact.h"

namespace attnbench {

/// The weights of softmax attention.
inline Rows64 softmax(const Problem& p, const Rows64& q, const Rows64& k) {
  Rows64 weights = (score_scale(p) * q * k.transpose()).array();
  const Eigen::VectorXd top = weights.rowwise().maxCoeff();
  weights = (weights.colwise() - top).array().exp();
  const Eigen::VectorXd sum = weights.rowwise().sum();
  return sum.cwiseInverse().asDiagonal() * weights;
}

}  // namespace attnbench
