// Which of two regrets is the worse one, for decisions of several kinds.
#pragma once

#include <algorithm>
#include <cmath>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// The regret whose loss is larger beside what rounding may explain; the first one of equals. No
/// loss is worse than NaN.
inline Regret worse(const Regret& a, const Regret& b) {
  const auto beside_allowed = [](const Regret& r) {
    return r.loss / (static_cast<double>(r.terms + 2) * std::max(r.magnitude, 1e-300));
  };
  const double of_a = beside_allowed(a), of_b = beside_allowed(b);
  return of_b > of_a || std::isnan(of_b) ? b : a;
}

}  // namespace attnbench::kernels
