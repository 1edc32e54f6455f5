// Draws the heads of model_like inputs, and sizes their queries for the masses asked for.
#include "measure/model_like_heads.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "measure/first_exception.h"
#include "measure/number_stream.h"
#include "measure/portable_math.h"
#include "record/model_like.h"

namespace attnbench::measure {
namespace {

using namespace record;  // The names of the params.
using Params = std::span<const double>;

constexpr int64_t kNear = 64;  ///< Keys at a smaller distance are local.
constexpr double kFastestLocal = 1.0 / 4, kSlowestLocal = 1.0 / 256;
constexpr double kLongestUntouched = 8192;  ///< Up to that kv_len, RoPE has the base of the params.
/// Parts of the mean squared norm of a key. Noise has what these and the bias leave.
constexpr double kLocalPart = 0.15, kContentPart = 0.2;
/// Norm of what a heavy hitter has more than another key, over the root of head_dim.
constexpr double kHitterSize = 0.5;
/// The sum of exp(score) over a few thousand keys is mostly below its expectation, much of which
/// rare keys make up.
constexpr double kTypical = 0.7;
/// That sum differs from query to query, which draws the mean mass of the first key towards 1/2.
constexpr double kWidening = 1.3;
constexpr double kMostLocalScore = 30;
constexpr double kLeastMass = 1e-6, kMostMass = 0.98;
constexpr double kValueMean = 0.5;

Layout lay_out(const Problem& p, Params params) {
  Layout layout;
  const int64_t pairs = p.head_dim / 2;
  const double grown = std::max(1.0, static_cast<double>(p.kv_len) / kLongestUntouched);
  const double step =
      portable_log(params[kRopeBase] * grown) / std::max(1.0, static_cast<double>(pairs));
  for (int64_t i = 0; i < pairs; ++i)
    layout.angles.push_back(portable_exp(-step * static_cast<double>(i)));
  const int64_t slow = std::max<int64_t>(1, pairs / 16);
  const int64_t bias = std::max<int64_t>(pairs - slow, 0),
                hitters = std::max<int64_t>(bias - slow, 0);
  const auto turning_faster = [&](double angle) {
    const auto is_faster = [&](double a) { return a > angle; };
    return std::min(hitters, std::ranges::count_if(layout.angles, is_faster));
  };
  const int64_t local = turning_faster(kFastestLocal),
                content =
                    turning_faster(std::min(kSlowestLocal, 16 / static_cast<double>(p.kv_len)));
  layout.local = {2 * local, 2 * content};
  layout.content = {2 * content, 2 * hitters};
  layout.hitters = {2 * hitters, 2 * bias};
  layout.bias = {2 * bias, p.head_dim};
  return layout;
}

/// Draws vectors for one head.
class Draw {
 public:
  Draw(uint64_t seed, int64_t head) : stream_(seed, kHeadNumbers), next_(head << 32) {}

  std::vector<double> normals(int64_t count) {
    std::vector<double> all(static_cast<size_t>(count));
    for (double& x : all) x = static_cast<double>(stream_.normal(next_++));
    return all;
  }

 private:
  NumberStream stream_;
  int64_t next_;
};

void scale_to(double norm, double* x, int64_t size) {
  const double square = std::inner_product(x, x + size, x, 0.0);
  if (square == 0) return;
  for (int64_t i = 0; i < size; ++i) x[i] *= norm / std::sqrt(square);
}

/// A random direction within some dims, of this norm; zero elsewhere.
std::vector<double> direction(Draw& draw, const Dims& dims, double norm, int64_t head_dim) {
  std::vector<double> x(static_cast<size_t>(head_dim));
  std::ranges::copy(draw.normals(dims.size()), x.begin() + dims.begin);
  scale_to(norm, x.data() + dims.begin, dims.size());
  return x;
}

/// A direction with the same norm in each pair, so that all angles count alike.
void add_local_mean(Draw& draw, const Dims& dims, double norm, std::vector<double>& x) {
  std::vector<double> drawn = draw.normals(dims.size());
  const double pairs = static_cast<double>(dims.size()) / 2;
  for (int64_t i = 0; i < dims.size(); i += 2) {
    scale_to(norm / std::sqrt(pairs), drawn.data() + i, 2);
    std::copy_n(drawn.data() + i, 2, x.begin() + dims.begin + i);
  }
}

/// Orthonormal rows times `size`, by Gram and Schmidt.
std::vector<double> draw_basis(Draw& draw, int64_t rank, int64_t dims, double size) {
  std::vector<double> rows = draw.normals(rank * dims);
  for (int64_t r = 0; r < rank; ++r) {
    double* const row = rows.data() + r * dims;
    for (const double* other = rows.data(); other != row; other += dims) {
      const double along = std::inner_product(row, row + dims, other, 0.0);
      for (int64_t i = 0; i < dims; ++i) row[i] -= along * other[i];
    }
    scale_to(1, row, dims);
  }
  for (double& x : rows) x *= size;
  return rows;
}

/// The norms of the parts of a key of head_dim dims, whose mean square is 1 in each dim.
struct Sizes {
  double bias, local, content, noise, hitter;

  Sizes(Params params, int64_t head_dim) {
    const auto dim = static_cast<double>(head_dim);
    bias = params[kKeyMean] * std::sqrt(dim);
    local = std::sqrt(kLocalPart * dim);
    content = std::sqrt(kContentPart * dim);
    noise = std::sqrt(1 - params[kKeyMean] * params[kKeyMean] - kLocalPart - kContentPart);
    hitter = kHitterSize * std::sqrt(dim);
  }
};

KeyHead draw_key_head(const Problem& p, const Layout& layout, Params params, int64_t rank,
                      uint64_t seed, int64_t head) {
  const Sizes sizes(params, p.head_dim);
  Draw draw(seed, head);
  KeyHead drawn;
  drawn.first = direction(draw, layout.bias, 1, p.head_dim);
  for (const double x : drawn.first) drawn.mean.push_back(sizes.bias * x);
  for (double& x : drawn.first)
    x *= -params[kSinkNorm] * std::sqrt(static_cast<double>(p.head_dim));
  add_local_mean(draw, layout.local, sizes.local, drawn.mean);
  drawn.hitter = direction(draw, layout.hitters, sizes.hitter, p.head_dim);
  drawn.basis = draw_basis(draw, rank, layout.content.size(), sizes.content);
  drawn.value_mean = draw.normals(p.head_dim);
  for (double& x : drawn.value_mean) x *= kValueMean;
  return drawn;
}

/// The masses that one head's queries give: all else is spread over all keys.
struct Masses {
  double first;
  double local;
};

/// How far scores must be apart for the masses, with the other keys' mean score at 0.
struct Scores {
  double local;  ///< Of a key at distance 0; it falls as the angles of the local pairs turn.
  double first;
};

/// How much of the local score is left at a distance.
double local_part(const Layout& layout, double distance) {
  double sum = 0;
  for (int64_t i = layout.local.begin / 2; i < layout.local.end / 2; ++i)
    sum += portable_sine_cosine(distance * layout.angles[static_cast<size_t>(i)]).cosine;
  return sum / static_cast<double>(std::max<int64_t>(layout.local.size() / 2, 1));
}

/// Finds scores for masses, given what a problem's distances are.
class Scorer {
 public:
  Scorer(const Problem& p, const Layout& layout, Params params) {
    constexpr int kFar = 256;
    // A query of the second half of the sequence sees so many keys in the mean.
    keys_ = p.causal
                ? std::max(1.0, static_cast<double>(p.kv_len) - 0.25 * static_cast<double>(p.q_len))
                : static_cast<double>(p.kv_len);
    sides_ = p.causal ? 1 : 2;
    const double near = std::min(keys_, static_cast<double>(kNear));
    for (int64_t d = 0; static_cast<double>(d) < near; ++d)
      near_.push_back(local_part(layout, static_cast<double>(d)));
    for (int i = 0; i < kFar; ++i)
      far_.push_back(local_part(layout, near + (keys_ - near) * i / kFar));
    spread_ = kTypical * portable_exp(params[kScoreSpread] * params[kScoreSpread] / 2);
    hitters_ = 1 + params[kHitterShare] * (portable_exp(params[kHitterScore]) - 1);
    has_local_ = layout.local.size() > 0;
  }

  Scores scores(const Masses& masses) const {
    const double rest = 1 - masses.first - masses.local;
    double low = 0, high = has_local_ ? kMostLocalScore : 0;
    for (int step = 0; step < 40; ++step) {
      const double middle = (low + high) / 2;
      (near_sum(middle) / far_sum(middle) < masses.local / rest ? low : high) = middle;
    }
    const double others = 1 - masses.first;
    return {low, kWidening * portable_log(masses.first / others) +
                     portable_log(others / rest * far_sum(low))};
  }

 private:
  double near_sum(double score) const { return sides_ * spread_ * sum_of_exp(near_, score); }
  double far_sum(double score) const {
    return keys_ * hitters_ * spread_ * sum_of_exp(far_, score) / static_cast<double>(far_.size());
  }
  static double sum_of_exp(const std::vector<double>& parts, double score) {
    double sum = 0;
    for (const double part : parts) sum += portable_exp(score * part);
    return sum;
  }

  double keys_ = 1, sides_ = 1, spread_ = 1, hitters_ = 1;
  bool has_local_ = false;
  std::vector<double> near_, far_;
};

/// A number for each head: even steps up to `spread` from `mean`, in drawn order.
std::vector<double> even_steps(int64_t heads, double mean, double spread, NumberStream stream) {
  std::vector<double> steps;
  for (int64_t h = 0; h < heads; ++h)
    steps.push_back(mean +
                    spread * ((2 * static_cast<double>(h) + 1) / static_cast<double>(heads) - 1));
  for (int64_t h = heads - 1; h > 0; --h)
    std::swap(steps[static_cast<size_t>(h)], steps[stream.word(h) % static_cast<uint64_t>(h + 1)]);
  return steps;
}

std::vector<Masses> draw_masses(int64_t heads, Params params, uint64_t seed) {
  const std::vector<double> first =
      even_steps(heads, params[kSinkMass], params[kSinkSpread], NumberStream(seed, kSinkNumbers));
  const std::vector<double> local = even_steps(heads, params[kLocalMass], params[kLocalSpread],
                                               NumberStream(seed, kLocalNumbers));
  std::vector<Masses> masses;
  for (size_t h = 0; h < first.size(); ++h) {
    const double sink = std::clamp(first[h], kLeastMass, kMostMass);
    masses.push_back({sink, (1 - sink) * std::clamp(local[h], 0.0, kMostMass)});
  }
  return masses;
}

/// A query's mean lies along parts of the key head's, so that their product with the scale is the
/// score.
QueryHead size_query_head(const Problem& p, const Layout& layout, Params params, const KeyHead& key,
                          const Scores& scores, double content_square) {
  const Sizes sizes(params, p.head_dim);
  const double unit = 1 / score_scale(p);
  const double sink_norm = params[kSinkNorm] * std::sqrt(static_cast<double>(p.head_dim));
  QueryHead query;
  query.mean.resize(static_cast<size_t>(p.head_dim));
  const auto add = [&](const Dims& dims, const std::vector<double>& along, double factor) {
    for (auto d = static_cast<size_t>(dims.begin); d < static_cast<size_t>(dims.end); ++d)
      query.mean[d] += factor * along[d];
  };
  // Along the first key, whose direction is opposite to the bias: both make up the first score.
  add(layout.bias, key.first, unit * scores.first / (sink_norm * (sink_norm + sizes.bias)));
  add(layout.local, key.mean, unit * scores.local / (sizes.local * sizes.local));
  add(layout.hitters, key.hitter, unit * params[kHitterScore] / (sizes.hitter * sizes.hitter));
  query.content =
      unit * params[kScoreSpread] / (sizes.content * sizes.content * std::sqrt(content_square));
  return query;
}

}  // namespace

ModelLikeHeads::ModelLikeHeads(const Problem& p, uint64_t seed, Params params)
    : layout(lay_out(p, params)),
      key_noise(Sizes(params, p.head_dim).noise),
      keys(static_cast<size_t>(p.kv_heads)),
      queries(static_cast<size_t>(p.heads)) {
  const auto rank = std::min(static_cast<int64_t>(params[kRank] + 0.5), layout.content.size());
  double sum = 0, squares = 0;  // Variances fall as 1, 1/2, 1/3, ... and sum to 1.
  for (int64_t r = 0; r < rank; ++r) sum += 1 / static_cast<double>(r + 1);
  for (int64_t r = 0; r < rank; ++r) {
    const double variance = 1 / static_cast<double>(r + 1) / sum;
    deviations.push_back(std::sqrt(variance));
    squares += variance * variance;
  }
  const std::vector<Masses> masses = draw_masses(p.heads, params, seed);
  const Scorer scorer(p, layout, params);
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (int64_t g = 0; g < p.kv_heads; ++g)
    failure.keep(
        [&] { keys[static_cast<size_t>(g)] = draw_key_head(p, layout, params, rank, seed, g); });
  failure.rethrow();
  const auto size_query = [&](size_t h) {
    const KeyHead& key = keys[h / static_cast<size_t>(p.heads / p.kv_heads)];
    queries[h] =
        size_query_head(p, layout, params, key, scorer.scores(masses[h]), rank > 0 ? squares : 1);
  };
#pragma omp parallel for schedule(dynamic)
  for (int64_t h = 0; h < p.heads; ++h) failure.keep([&] { size_query(static_cast<size_t>(h)); });
  failure.rethrow();
}

}  // namespace attnbench::measure
