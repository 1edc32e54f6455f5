// Fills inputs row by row from what belongs to their heads.
#include "measure/model_like.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "measure/first_exception.h"
#include "measure/model_like_heads.h"
#include "measure/number_stream.h"
#include "measure/portable_math.h"
#include "record/model_like.h"

namespace attnbench::measure {
namespace {

constexpr double kNoiseOfQuery = 0.3;  ///< In each dim, with the default scale.
constexpr double kFirstValue = 0.1;    ///< What the first key's value is multiplied by.
constexpr int64_t kRowsOfTask = 512;

/// The rotary embedding at one position after another (Su et al. 2021).
class Rotation {
 public:
  Rotation(const std::vector<double>& angles, int64_t position) {
    for (const double angle : angles) {
      steps_.push_back(portable_sine_cosine(angle));
      now_.push_back(portable_sine_cosine(angle * static_cast<double>(position)));
    }
  }

  void turn(std::vector<double>& x) const {
    for (size_t i = 0; i < now_.size(); ++i) {
      const double a = x[2 * i], b = x[2 * i + 1];
      x[2 * i] = a * now_[i].cosine - b * now_[i].sine;
      x[2 * i + 1] = a * now_[i].sine + b * now_[i].cosine;
    }
  }

  void advance() {
    for (size_t i = 0; i < now_.size(); ++i) {
      const auto [sine, cosine] = now_[i];
      now_[i] = {sine * steps_[i].cosine + cosine * steps_[i].sine,
                 cosine * steps_[i].cosine - sine * steps_[i].sine};
    }
  }

 private:
  std::vector<SineCosine> steps_, now_;
};

/// Adds what one row says: numbers along the basis, drawn from the stream at `row`.
void add_content(const ModelLikeHeads& heads, const KeyHead& head, const NumberStream& stream,
                 int64_t row, double factor, std::vector<double>& x) {
  const Dims& dims = heads.layout.content;
  const auto rank = static_cast<int64_t>(heads.deviations.size());
  for (int64_t r = 0; r < rank; ++r) {
    const double along = factor * heads.deviations[static_cast<size_t>(r)] *
                         static_cast<double>(stream.normal(row * rank + r));
    const double* const direction = head.basis.data() + r * dims.size();
    double* const to = x.data() + dims.begin;
    for (int64_t d = 0; d < dims.size(); ++d) to[d] += along * direction[d];
  }
}

void add_noise(const NumberStream& stream, int64_t row, double deviation, std::vector<double>& x) {
  const auto dim = static_cast<int64_t>(x.size());
  for (int64_t d = 0; d < dim; ++d)
    x[static_cast<size_t>(d)] += deviation * static_cast<double>(stream.normal(row * dim + d));
}

/// Has `write` fill each row of a tensor, in tasks of neighbouring rows of one head. `first` is the
/// position of a head's first row.
template <class Write>
void fill_rows(const ModelLikeHeads& heads, float* out, int64_t all_heads, int64_t len, int64_t dim,
               int64_t first, Write write) {
  const int64_t parts = (len + kRowsOfTask - 1) / kRowsOfTask;
  const auto do_task = [&](int64_t task) {
    const int64_t head = task / parts, begin = task % parts * kRowsOfTask;
    Rotation rotation(heads.layout.angles, first + begin);
    std::vector<double> x(static_cast<size_t>(dim));
    for (int64_t i = begin; i < std::min(begin + kRowsOfTask, len); ++i) {
      write(head, i, rotation, x);
      std::ranges::transform(x, out + (head * len + i) * dim,
                             [](double value) { return static_cast<float>(value); });
      rotation.advance();
    }
  };
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (int64_t task = 0; task < all_heads * parts; ++task) failure.keep([&] { do_task(task); });
  failure.rethrow();
}

}  // namespace

void fill_model_like(const Problem& p, uint64_t seed, std::span<const double> params, float* q,
                     float* k, float* v) {
  const ModelLikeHeads heads(p, seed, params);
  const NumberStream tokens(seed, kTokenNumbers);
  const NumberStream q_noise(seed, kQueryNoise), q_content(seed, kQueryContent);
  const NumberStream k_noise(seed, kKeyNoise), k_content(seed, kKeyContent);
  const NumberStream v_noise(seed, kValueNoise);
  const double query_noise =
      kNoiseOfQuery / (score_scale(p) * std::sqrt(static_cast<double>(p.head_dim)));
  const double hitters = 2 * params[record::kHitterShare] - 1;  // Of numbers from -1 to 1.

  fill_rows(heads, q, p.batch * p.heads, p.q_len, p.head_dim, aligned_position(p, 0),
            [&](int64_t head, int64_t i, const Rotation& rotation, std::vector<double>& x) {
              const QueryHead& query = heads.queries[static_cast<size_t>(head % p.heads)];
              const auto group = static_cast<size_t>(head % p.heads / (p.heads / p.kv_heads));
              const int64_t row = head * p.q_len + i;
              x = query.mean;
              add_content(heads, heads.keys[group], q_content, row, query.content, x);
              add_noise(q_noise, row, query_noise, x);
              rotation.turn(x);
            });
  fill_rows(heads, k, p.batch * p.kv_heads, p.kv_len, p.head_dim, 0,
            [&](int64_t head, int64_t j, const Rotation& rotation, std::vector<double>& x) {
              const KeyHead& key = heads.keys[static_cast<size_t>(head % p.kv_heads)];
              const int64_t row = head * p.kv_len + j;
              if (j == 0) {
                x = key.first;
                return;
              }
              x = key.mean;
              add_content(heads, key, k_content, row, 1, x);
              if (tokens.uniform(head / p.kv_heads * p.kv_len + j) < hitters)
                for (size_t d = 0; d < x.size(); ++d) x[d] += key.hitter[d];
              add_noise(k_noise, row, heads.key_noise, x);
              rotation.turn(x);
            });
  fill_rows(heads, v, p.batch * p.kv_heads, p.kv_len, p.head_dim, 0,
            [&](int64_t head, int64_t j, const Rotation&, std::vector<double>& x) {
              x = heads.keys[static_cast<size_t>(head % p.kv_heads)].value_mean;
              add_noise(v_noise, head * p.kv_len + j, 1, x);
              if (j == 0)
                for (double& value : x) value *= kFirstValue;
            });
}

}  // namespace attnbench::measure
