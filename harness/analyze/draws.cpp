// Finds series that differ in their seed alone.
#include "analyze/draws.h"

#include <algorithm>
#include <string>

namespace attnbench::analyze {
namespace {

constexpr char kSeed[] = "seed";

bool has_seed(const record::Case& c) {
  return std::ranges::any_of(c.params, [](const auto& param) { return param.first == kSeed; });
}

bool are_alike(const record::Case& a, const record::Case& b) {
  return a.variant == b.variant && a.params == b.params && a.label == b.label;
}

}  // namespace

record::Case without_seed(record::Case c) {
  const auto seed = std::ranges::find(c.params, kSeed, &std::pair<std::string, int64_t>::first);
  if (seed == c.params.end()) return c;
  const std::string words = std::string(" ") + kSeed + "=" + std::to_string(seed->second);
  c.params.erase(seed);
  const size_t at = c.label.find(words);
  const size_t end = at + words.size();
  if (at != std::string::npos && (end == c.label.size() || c.label[end] == ' '))
    c.label.erase(at, words.size());
  return c;
}

bool are_draws_of_one(const record::Case& a, const record::Case& b) {
  return a.variant == b.variant && has_seed(a) && has_seed(b) &&
         are_alike(without_seed(a), without_seed(b));
}

std::vector<Draws> gather_draws(const record::Run& run, std::span<const int> cases) {
  std::vector<Draws> all;
  for (const int index : cases) {
    const record::Case& plan = run.cases[index].plan;
    record::Case like = without_seed(plan);
    const auto draws = std::ranges::find_if(
        all, [&](const Draws& d) { return has_seed(plan) && are_alike(d.like, like); });
    if (draws == all.end())
      all.push_back({std::move(like), {index}});
    else
      draws->cases.push_back(index);
  }
  return all;
}

}  // namespace attnbench::analyze
