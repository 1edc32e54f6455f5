// The Pareto front of times and errors.
#include "analyze/pareto.h"

#include <algorithm>

namespace attnbench::analyze {
namespace {

bool beats(const Choice& a, const Choice& b) {
  return a.time_s <= b.time_s && a.error <= b.error && (a.time_s < b.time_s || a.error < b.error);
}

}  // namespace

std::vector<bool> pareto_front(std::span<const Choice> choices) {
  std::vector<bool> front;
  for (const Choice& choice : choices)
    front.push_back(
        std::ranges::none_of(choices, [&](const Choice& other) { return beats(other, choice); }));
  return front;
}

}  // namespace attnbench::analyze
