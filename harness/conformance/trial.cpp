// Draws random problems and shrinks them.
#include "conformance/trial.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "record/axes.h"

namespace attnbench::conformance {
namespace {

/// Most multiply-adds of one product over all pairs, so that hundreds of problems take seconds. One
/// trial in ten may cost kLargeWork, so that long sequences meet wide heads too.
constexpr int64_t kUsualWork = 1'000'000;
constexpr int64_t kLargeWork = 8'000'000;

/// Uniform in [low, high]; the standard's distributions differ between libraries.
int64_t between(Rng& rng, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(rng() % (static_cast<uint64_t>(high - low) + 1));
}

template <size_t N>
int64_t one_of(Rng& rng, const std::array<int64_t, N>& values) {
  return values[rng() % N];
}

/// A small length, one near the edge of a power-of-two tile, or any.
int64_t random_length(Rng& rng) {
  switch (between(rng, 0, 3)) {
    case 0:
      return between(rng, 1, 8);
    case 1:
      return between(rng, 1, 70);
    case 2:
      return one_of<5>(rng, {16, 32, 64, 128, 256}) + between(rng, -1, 1);
    default:
      return between(rng, 1, 400);
  }
}

int64_t random_head_dim(Rng& rng) {
  if (between(rng, 0, 3) == 0) return between(rng, 1, 200);
  return one_of<8>(rng, {1, 40, 64, 80, 96, 128, 256, 512});
}

Problem random_problem(Rng& rng) {
  Problem p;
  p.batch = between(rng, 0, 2) == 0 ? between(rng, 2, 3) : 1;
  p.kv_heads = between(rng, 1, kMostThreads);
  p.heads = p.kv_heads * between(rng, 1, 4);
  p.kv_len = random_length(rng);
  p.q_len = p.kv_len;
  if (between(rng, 0, 1) == 0) p.q_len = random_length(rng);
  if (between(rng, 0, 7) == 0) p.q_len = between(rng, 1, std::min<int64_t>(16, p.kv_len));
  p.head_dim = random_head_dim(rng);
  p.causal = between(rng, 0, 1) == 0;
  if (between(rng, 0, 3) == 0) p.scale = 1 / static_cast<double>(between(rng, 1, 40));
  if (between(rng, 0, 3) == 0) p.softcap = static_cast<double>(between(rng, 1, 60));
  p.alibi = between(rng, 0, 3) == 0;
  return p;
}

/// One of the types up to `last` that a variant takes: float32 in half of the problems.
Type random_type(uint32_t takes, Type last, Rng& rng) {
  constexpr std::pair<Type, uint32_t> kNarrow[] = {{Type::kBf16, take::kBf16},
                                                   {Type::kF16, take::kF16},
                                                   {Type::kInt8, take::kInt8},
                                                   {Type::kQ8_0, take::kQ8_0}};
  std::vector<Type> taken;
  for (const auto& [type, bit] : kNarrow)
    if (type <= last && (takes & bit) != 0) taken.push_back(type);
  if (taken.empty() || between(rng, 0, 1) == 0) return Type::kF32;
  return taken[rng() % taken.size()];
}

/// Gives the problem types that the variant takes: k and v have that of q in a third of the cases.
void draw_types(uint32_t takes, Problem& p, Rng& rng) {
  constexpr uint32_t kTypes = take::kBf16 | take::kF16 | take::kInt8 | take::kQ8_0;
  if ((takes & kTypes) == 0) return;
  p.dtype = random_type(takes, Type::kF16, rng);
  p.kv_dtype = between(rng, 0, 2) == 0 ? p.dtype : random_type(takes, Type::kQ8_0, rng);
  if (p.kv_dtype == Type::kQ8_0)
    p.head_dim = (p.head_dim + kScaleGroup - 1) / kScaleGroup * kScaleGroup;
}

int64_t work(const Problem& p) {
  return p.batch * p.heads * p.q_len * p.kv_len * p.head_dim;
}

/// The default, a limit, a tiny value, or one up to twice kv_len: a window within it or beyond.
int64_t random_value(const Param& param, int64_t kv_len, Rng& rng) {
  switch (between(rng, 0, 7)) {
    case 0:
      return param.value;
    case 1:
      return param.min;
    case 2:
      return param.max;
    case 3:
      return std::clamp(between(rng, -2, 4), param.min, param.max);
    default:
      return std::clamp(between(rng, 0, 2 * kv_len), param.min, param.max);
  }
}

/// Empty, or up to a few hundred values.
std::vector<int64_t> random_list(const Param& param, int64_t kv_len, Rng& rng) {
  int64_t size = 0;
  if (between(rng, 0, 1) == 0) size = between(rng, 1, 40);
  if (param.is_square) size = (size % 17) * (size % 17);
  std::vector<int64_t> list;
  for (int64_t i = 0; i < size; ++i)
    list.push_back(std::clamp(random_value(param, kv_len, rng), param.min, param.max));
  return list;
}

/// Values towards `simplest`: itself, half way, a quarter, and so on to one step, so that a search
/// takes about as many steps as the value has digits.
std::vector<int64_t> towards(int64_t value, int64_t simplest) {
  if (value == simplest) return {};
  std::vector<int64_t> values{simplest};
  const uint64_t from = static_cast<uint64_t>(value), to = static_cast<uint64_t>(simplest);
  const uint64_t distance = value > simplest ? from - to : to - from;
  for (uint64_t step = distance / 2; step > 0; step /= 2)
    values.push_back(static_cast<int64_t>(value > simplest ? from - step : from + step));
  return values;
}

/// The axes of a trial, as a case has them.
record::Case case_of(const Trial& trial) {
  record::Case c;
  c.problem = trial.problem;
  c.threads = trial.threads;
  return c;
}

/// Smaller values of an integer axis; of any other axis, the standard value.
std::vector<record::AxisValue> simpler_values(const record::Axis& axis, const record::Case& c) {
  if (!axis.recorded) return {};
  if (axis.type() != record::AxisType::kInteger)
    return axis.is_standard(c) ? std::vector<record::AxisValue>{}
                               : std::vector{*axis.standard_in(c)};
  std::vector<record::AxisValue> values;
  for (const int64_t value : towards(std::get<int64_t>(axis.get(c)), std::get<int64_t>(axis.least)))
    values.emplace_back(value);
  return values;
}

/// "[ 1 0 1 ]".
std::string shown_list(const std::vector<int64_t>& list) {
  std::string text;
  for (const int64_t value : list) text += ' ' + std::to_string(value);
  return "[" + text + " ]";
}

}  // namespace

Trial random_trial(const registry::Entry& entry, Rng& rng) {
  Trial trial;
  const int64_t most_work = between(rng, 0, 9) == 0 ? kLargeWork : kUsualWork;
  do {
    trial.problem = random_problem(rng);
    draw_types(entry.variant->takes(), trial.problem, rng);
  } while (work(trial.problem) > most_work);
  for (const Param& param : entry.params()) {
    if (param.is_list) trial.list = random_list(param, trial.problem.kv_len, rng);
    trial.params.push_back(param.is_list ? 0 : random_value(param, trial.problem.kv_len, rng));
  }
  trial.threads = static_cast<int>(between(rng, 1, kMostThreads));
  trial.seed = rng();
  return trial;
}

std::vector<Trial> smaller_trials(const registry::Entry& entry, const Trial& trial) {
  std::vector<Trial> smaller;
  const record::Case whole = case_of(trial);
  for (const record::Axis& axis : record::axes()) {
    for (const record::AxisValue& value : simpler_values(axis, whole)) {
      record::Case c = whole;
      axis.set(c, value);
      const Problem& p = c.problem;
      const bool other = p != trial.problem || c.threads != trial.threads;
      if (!other || p.heads % p.kv_heads != 0) continue;
      smaller.push_back(trial);
      smaller.back().problem = p;
      smaller.back().threads = c.threads;
    }
  }
  if (trial.problem.heads == trial.problem.kv_heads && trial.problem.heads > 1) {
    smaller.push_back(trial);
    smaller.back().problem.heads = smaller.back().problem.kv_heads = 1;
  }
  const auto params = entry.params();
  for (size_t i = 0; i < params.size(); ++i)
    for (const int64_t value : towards(trial.params[i], params[i].value)) {
      smaller.push_back(trial);
      smaller.back().params[i] = value;
    }
  if (!trial.list.empty()) {
    const bool square =
        std::any_of(params.begin(), params.end(), [](const Param& p) { return p.is_square; });
    const auto size = static_cast<int64_t>(trial.list.size());
    const auto side = static_cast<int64_t>(std::sqrt(static_cast<double>(size)));
    for (const int64_t fewer : towards(square ? side : size, 0)) {
      smaller.push_back(trial);
      smaller.back().list.resize(static_cast<size_t>(square ? fewer * fewer : fewer));
    }
  }
  return smaller;
}

const char* style_name(measure::InputStyle style) {
  switch (style) {
    case measure::InputStyle::kNormal:
      return "normal";
    case measure::InputStyle::kLargeLogits:
      return "large-logit";
    case measure::InputStyle::kAllEqual:
      return "all-equal";
    case measure::InputStyle::kOneHot:
      return "one-hot";
    case measure::InputStyle::kEqualWeights:
      return "equal-weight";
  }
  return "other";
}

std::string describe(const registry::Entry& entry, const Trial& trial) {
  record::Case c = case_of(trial);
  c.label = entry.name();
  const auto params = entry.params();
  for (size_t i = 0; i < params.size(); ++i)
    c.label += std::string(" ") + params[i].name + "=" +
               (params[i].is_list ? shown_list(trial.list) : std::to_string(trial.params[i]));
  return record::describe_case(c) + ", " + style_name(trial.style) + " inputs of seed " +
         std::to_string(trial.seed);
}

}  // namespace attnbench::conformance
