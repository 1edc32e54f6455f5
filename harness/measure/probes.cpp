// Influence, order, recall and memory.
#include "measure/probes.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/number_stream.h"
#include "measure/probe_bench.h"

namespace attnbench::measure {
namespace {

using record::Probe;
using record::ProbePoint;
using record::ProbeSetting;

/// A seed for each thing that a probe draws.
uint64_t seed_of(uint64_t seed, int64_t number) {
  return mix(seed + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(number + 1));
}

/// Gathers one point's means over heads, a value for each seed.
class Means {
 public:
  void add(double value) { values_.push_back(value); }

  ProbePoint point(int64_t distance, int64_t pairs) const {
    double sum = 0;
    for (const double value : values_) sum += value;
    const auto [low, high] = std::ranges::minmax_element(values_);
    // The mean of equal values may be rounded to one beside them.
    const double mean = std::clamp(sum / static_cast<double>(values_.size()), *low, *high);
    return {distance, pairs, mean, *low, *high};
  }

 private:
  std::vector<double> values_;
};

/// |a - b| / |b| of each head's row, the mean over heads.
double relative_change(const LastRows& a, const LastRows& b, int64_t dim) {
  double sum = 0;
  const auto columns = static_cast<size_t>(dim);
  for (size_t head = 0; head < a.size(); head += columns) {
    double change = 0, length = 0;
    for (size_t i = head; i < head + columns; ++i) {
      const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
      change += (x - y) * (x - y);
      length += y * y;
    }
    if (change > 0) sum += length > 0 ? std::sqrt(change / length) : 1;
  }
  return sum * static_cast<double>(dim) / static_cast<double>(a.size());
}

std::vector<ProbePoint> influence(const Variant& variant, const Call& call,
                                  const ProbeSetting& setting, uint64_t seed) {
  const int64_t last = call.problem.kv_len - 1;
  const auto distances = record::spaced_distances(last, setting.distances);
  std::vector<Means> means(distances.size());
  ProbeBench bench(variant, call, seed);
  InputSet others(call.problem, seed);
  for (int64_t s = 0; s < setting.seeds; ++s) {
    bench.draw(seed_of(seed, 2 * s));
    others.fill(seed_of(seed, 2 * s + 1), InputStyle::kNormal);
    const LastRows before = bench.last_rows();
    for (size_t i = 0; i < distances.size(); ++i) {
      bench.swap_token(others, last - distances[i]);
      means[i].add(relative_change(bench.last_rows(), before, call.problem.head_dim));
      bench.swap_token(others, last - distances[i]);
    }
  }
  std::vector<ProbePoint> points;
  for (size_t i = 0; i < distances.size(); ++i) points.push_back(means[i].point(distances[i], 0));
  return points;
}

std::vector<ProbePoint> order(const Variant& variant, const Call& call, const ProbeSetting& setting,
                              uint64_t seed) {
  const auto distances = record::spaced_distances(call.problem.kv_len - 1, setting.distances);
  std::vector<Means> means(distances.size());
  ProbeBench bench(variant, call, seed);
  for (int64_t s = 0; s < setting.seeds; ++s) {
    bench.draw(seed_of(seed, 2 * s));
    const LastRows before = bench.last_rows();
    for (size_t i = 0; i < distances.size(); ++i) {
      bench.shuffle_tokens(distances[i], seed_of(seed, 2 * s + 1));
      means[i].add(relative_change(bench.last_rows(), before, call.problem.head_dim));
      bench.draw(seed_of(seed, 2 * s));
    }
  }
  std::vector<ProbePoint> points;
  for (size_t i = 0; i < distances.size(); ++i) points.push_back(means[i].point(distances[i], 0));
  return points;
}

/// One trial of recall: every head has pairs of its own.
class RecallTrial {
 public:
  RecallTrial(ProbeBench& bench, int64_t distance, int64_t pairs, uint64_t seed)
      : bench_(bench), p_(bench.problem()), numbers_(seed, 0), noise_(seed, 1), codes_(seed, 2) {
    bench.draw(seed_of(seed, 3));
    for (int64_t b = 0; b < p_.batch; ++b)
      for (int64_t g = 0; g < p_.kv_heads; ++g) plant(b, g, p_.kv_len - 1 - distance, pairs);
  }

  /// The part of the heads whose last output is nearest to the value that their key was given.
  double accuracy() {
    const LastRows rows = bench_.last_rows();
    const int64_t heads = p_.batch * p_.heads, group = p_.heads / p_.kv_heads;
    int64_t right = 0;
    for (int64_t head = 0; head < heads; ++head)
      right +=
          nearest(rows.data() + head * p_.head_dim) == wanted_[static_cast<size_t>(head / group)];
    return static_cast<double>(right) / static_cast<double>(heads);
  }

 private:
  uint64_t next() { return numbers_.word(drawn_++); }
  /// An element of the codebook: a vector of +-1.
  float code(int64_t number, int64_t d) const {
    return codes_.word(number * p_.head_dim + d) >> 63 == 0 ? 1.0f : -1.0f;
  }

  void plant(int64_t b, int64_t g, int64_t target, int64_t pairs) {
    std::set<int64_t> places{target};
    while (std::ssize(places) < pairs)
      places.insert(static_cast<int64_t>(next() % static_cast<uint64_t>(p_.kv_len - 1)));
    for (const int64_t place : places) {
      const auto number = static_cast<int64_t>(next() % kCodes);
      if (place == target) wanted_.push_back(number);
      for (int64_t d = 0; d < p_.head_dim; ++d) bench_.v_row(b, g, place)[d] = code(number, d);
    }
    const int64_t group = p_.heads / p_.kv_heads;
    for (int64_t h = g * group; h < (g + 1) * group; ++h) ask(b, h, bench_.k_row(b, g, target));
  }

  /// Makes the last query a noisy copy of `key`, so long that the key's own score would be
  /// kPlantedScore without noise.
  void ask(int64_t b, int64_t h, const float* key) {
    double square = 0;
    for (int64_t d = 0; d < p_.head_dim; ++d)
      square += static_cast<double>(key[d]) * static_cast<double>(key[d]);
    const double length = square > 0 ? kPlantedScore / (score_scale(p_) * square) : 0;
    float* const q = bench_.q_row(b, h, p_.q_len - 1);
    for (int64_t d = 0; d < p_.head_dim; ++d) {
      const double noise = kRecallNoise * static_cast<double>(noise_.normal(asked_++));
      q[d] = static_cast<float>(length * (static_cast<double>(key[d]) + noise));
    }
  }

  int64_t nearest(const float* row) const {
    int64_t best = -1;
    double highest = -HUGE_VAL;
    for (int64_t number = 0; number < kCodes; ++number) {
      double product = 0;  // All codes have the same length.
      for (int64_t d = 0; d < p_.head_dim; ++d)
        product += static_cast<double>(row[d]) * static_cast<double>(code(number, d));
      if (product > highest) {
        highest = product;
        best = number;
      }
    }
    return best;
  }

  ProbeBench& bench_;
  const Problem& p_;
  NumberStream numbers_, noise_, codes_;
  int64_t drawn_ = 0, asked_ = 0;
  std::vector<int64_t> wanted_;  ///< The code of each key head's target.
};

std::vector<ProbePoint> recall(const Variant& variant, const Call& call,
                               const ProbeSetting& setting, uint64_t seed) {
  const int64_t last = call.problem.kv_len - 1;
  ProbeBench bench(variant, call, seed);
  std::vector<ProbePoint> points;
  int64_t trials = 0;
  for (const int64_t pairs : setting.pairs) {
    if (pairs > last) continue;
    for (const int64_t distance : record::spaced_distances(last, setting.distances)) {
      Means means;
      for (int64_t s = 0; s < setting.seeds; ++s)
        means.add(RecallTrial(bench, distance, pairs, seed_of(seed, trials++)).accuracy());
      points.push_back(means.point(distance, pairs));
    }
  }
  return points;
}

/// Sequences of a memory probe, a row each.
struct Sequences {
  Eigen::MatrixXd outputs;              ///< The last output of all heads.
  std::vector<Eigen::MatrixXd> tokens;  ///< For each distance: the token there, of all key heads.
};

Sequences run_sequences(const Variant& variant, const Call& call, const ProbeSetting& setting,
                        const std::vector<int64_t>& distances, uint64_t seed) {
  const Problem& p = call.problem;
  const Eigen::Index count = setting.seeds * p.batch;
  Sequences sequences{Eigen::MatrixXd(count, p.heads * p.head_dim), {}};
  for (size_t i = 0; i < distances.size(); ++i)
    sequences.tokens.emplace_back(count, p.kv_heads * p.head_dim);
  ProbeBench bench(variant, call, seed);
  for (int64_t s = 0; s < setting.seeds; ++s) {
    bench.draw(seed_of(seed, s));
    const LastRows rows = bench.last_rows();
    for (int64_t b = 0; b < p.batch; ++b) {
      const Eigen::Index row = s * p.batch + b, width = sequences.outputs.cols();
      for (Eigen::Index i = 0; i < width; ++i)
        sequences.outputs(row, i) = static_cast<double>(rows[static_cast<size_t>(b * width + i)]);
      for (size_t n = 0; n < distances.size(); ++n)
        for (int64_t g = 0; g < p.kv_heads; ++g)
          for (int64_t d = 0; d < p.head_dim; ++d)
            sequences.tokens[n](row, g * p.head_dim + d) =
                static_cast<double>(bench.v_row(b, g, p.kv_len - 1 - distances[n])[d]);
    }
  }
  return sequences;
}

constexpr Eigen::Index kFolds = 4;
/// With fewer, a fit is mostly to noise, and its R^2 on other sequences is far below the true one.
constexpr int64_t kSequencesAnOutput = 16;

/// R^2 of each distance on the sequences of one fold, fitted on those of the others.
std::vector<double> fitted(const Sequences& sequences, Eigen::Index fold) {
  const Eigen::Index all = sequences.outputs.rows();
  const Eigen::Index begin = fold * all / kFolds, end = (fold + 1) * all / kFolds;
  std::vector<Eigen::Index> train, test;
  for (Eigen::Index i = 0; i < all; ++i) (i >= begin && i < end ? test : train).push_back(i);
  Eigen::MatrixXd x = sequences.outputs(train, Eigen::all);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  x.rowwise() -= mean;
  Eigen::MatrixXd square = x.transpose() * x;
  constexpr double kRidge = 1e-6;
  square.diagonal().array() += kRidge * square.trace() / static_cast<double>(square.rows()) + 1e-30;
  const Eigen::LDLT<Eigen::MatrixXd> solver(square);
  Eigen::MatrixXd tested = sequences.outputs(test, Eigen::all);
  tested.rowwise() -= mean;
  std::vector<double> explained;
  for (const Eigen::MatrixXd& tokens : sequences.tokens) {
    Eigen::MatrixXd y = tokens(train, Eigen::all);
    const Eigen::RowVectorXd y_mean = y.colwise().mean();
    y.rowwise() -= y_mean;
    Eigen::MatrixXd truth = tokens(test, Eigen::all);
    truth.rowwise() -= y_mean;
    const Eigen::MatrixXd guess = tested * solver.solve(x.transpose() * y);
    const double r2 = 1 - (truth - guess).squaredNorm() / truth.squaredNorm();
    if (!std::isfinite(r2)) throw NoProbe("the readout of the last output is not finite");
    explained.push_back(std::max(0.0, r2));
  }
  return explained;
}

std::vector<ProbePoint> memory(const Variant& variant, const Call& call,
                               const ProbeSetting& setting, uint64_t seed) {
  const auto distances = record::spaced_distances(call.problem.kv_len - 1, setting.distances);
  const Sequences sequences = run_sequences(variant, call, setting, distances, seed);
  std::vector<Means> means(distances.size());
  for (Eigen::Index fold = 0; fold < kFolds; ++fold) {
    const std::vector<double> explained = fitted(sequences, fold);
    for (size_t i = 0; i < distances.size(); ++i) means[i].add(explained[i]);
  }
  std::vector<ProbePoint> points;
  for (size_t i = 0; i < distances.size(); ++i) points.push_back(means[i].point(distances[i], 0));
  return points;
}

/// Why the probe says nothing of this case; empty if it does.
std::string inapplicable(const registry::Entry& entry, const Problem& p,
                         const ProbeSetting& setting) {
  const bool sees_queries = entry.info->kind != Kind::kBaseline;
  if (p.kv_len < 2) return "there is no token before the last one";
  if (setting.name == "recall") {
    if (!sees_queries) return "it sees no q and k; the probe `memory` asks the like of it";
    if (std::ranges::min(setting.pairs) > p.kv_len - 1)
      return "there are fewer tokens than pairs to plant";
  }
  if (setting.name != "memory") return {};
  if (sees_queries) return "it sees q and k; the probe `recall` asks the like of it";
  const int64_t least = kSequencesAnOutput * p.heads * p.head_dim,
                sequences = setting.seeds * p.batch;
  if (sequences < least)
    return "a readout of " + std::to_string(p.heads * p.head_dim) + " outputs needs " +
           std::to_string(least) + " sequences (seeds times batch), there are " +
           std::to_string(sequences);
  return {};
}

using Experiment = std::vector<ProbePoint> (*)(const Variant&, const Call&, const ProbeSetting&,
                                               uint64_t seed);

/// `name` is that of a record::ProbeKind.
Experiment find_experiment(const std::string& name) {
  constexpr std::pair<std::string_view, Experiment> kExperiments[] = {
      {"influence", influence}, {"order", order}, {"recall", recall}, {"memory", memory}};
  for (const auto& [own, experiment] : kExperiments)
    if (own == name) return experiment;
  throw std::logic_error("no experiment for the probe " + name);
}

}  // namespace

Probe make_probe(const registry::Entry& entry, const Call& call, const ProbeSetting& setting,
                 uint64_t seed) {
  Probe probe{setting.name, setting.seeds, inapplicable(entry, call.problem, setting), {}};
  if (!probe.reason.empty()) return probe;
  const Variant& variant = *entry.variant;
  try {
    probe.points = find_experiment(setting.name)(variant, call, setting, seed);
  } catch (const NoProbe& e) {
    probe.reason = e.what();
  }
  return probe;
}

}  // namespace attnbench::measure
