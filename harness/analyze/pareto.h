// Which of several choices no other one beats in both of two numbers.
#pragma once

#include <span>
#include <vector>

namespace attnbench::analyze {

/// Two numbers of which less is better.
struct Choice {
  double time_s = 0;
  double error = 0;
};

/// Whether each choice is on the Pareto front: no other one is at least as good in both numbers and
/// better in one. Equal choices stand on it together.
std::vector<bool> pareto_front(std::span<const Choice> choices);

}  // namespace attnbench::analyze
