// Compares gradients with those that a variant's definition gives.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "measure/gradient_verdicts.h"
#include "measure/judged_rows.h"
#include "measure/replicas.h"
#include "measure/sampled_rows.h"

namespace attnbench::measure {
namespace {

/// What one number that underflows may change a gradient by. A kernel's exp and its products may
/// give the smallest float that is no denormal, or 0, for any number below it. linear_elu makes its
/// features 2^24 times as large, so that few of their products underflow. Then the gradients of the
/// features are as many times smaller, and one that underflows is off by up to FLT_MIN; the last
/// step multiplies it by a derivative of up to 2^24. (Of its kernel 0.8 of this was seen.)
constexpr double kUnderflow = 0x1p24 * FLT_MIN;

/// Some rows of one gradient, and where they stand among those of all gradients.
struct Chosen {
  NamedGradient gradient;
  std::vector<int64_t> rows;
  size_t first = 0;  ///< Their first element.

  size_t size() const { return rows.size() * static_cast<size_t>(gradient.tensor.dim); }
};

std::vector<Chosen> choose(const BackwardCall& done, int64_t max_rows, uint64_t seed) {
  std::vector<Chosen> all;
  size_t first = 0;
  for (const NamedGradient& gradient : named_gradients(done)) {
    const Tensor<float>& tensor = gradient.tensor;
    all.push_back(
        {gradient, sample_rows(tensor.batch * tensor.heads, tensor.len, max_rows, seed), first});
    first += all.back().size();
  }
  return all;
}

/// All gradients by the definition, of which only the chosen rows are kept.
template <class Real>
void define(const DifferentiableDefined& trained, const BackwardCall& done, const Given& given,
            const std::vector<Chosen>& chosen, Real* out) {
  std::vector<std::vector<Real>> memory;
  for (const Chosen& c : chosen) memory.emplace_back(static_cast<size_t>(c.gradient.tensor.size()));
  std::vector<Real*> extras;
  size_t next = 3;
  for (int64_t i = 0; i < done.gradients.extra_count; ++i)
    extras.push_back(done.gradients.extra[i].data == nullptr ? nullptr : memory[next++].data());
  trained.define_gradients(
      done.call, given.inputs, given.d_out,
      DefinedGradients<Real>{memory[0].data(), memory[1].data(), memory[2].data(), extras.data()});
  for (size_t i = 0; i < chosen.size(); ++i)
    for (const int64_t row : chosen[i].rows) {
      const int64_t dim = chosen[i].gradient.tensor.dim;
      out = std::copy_n(memory[i].data() + row * dim, dim, out);
    }
}

/// The root of a row's mean squared error: the least that a bound in it is, if it is the tensor's
/// only row, as replicated_bound pools the errors of several. If all terms of an element cancel,
/// float32 errs by none or by few units of them, and few evaluations may all err by none.
double typical_error(std::span<const double> squares) {
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0) /
                   static_cast<double>(squares.size()));
}

Verdict judge(const Chosen& chosen, std::span<const double> out, std::span<const double> squares) {
  const Tensor<float>& tensor = chosen.gradient.tensor;
  const auto part_of = [&](std::span<const double> all) {
    return all.subspan(chosen.first, chosen.size());
  };
  std::vector<RowTruth> truths = replicated_truths(part_of(out), part_of(squares), tensor.dim);
  std::vector<RowVerdict> verdicts;
  for (size_t i = 0; i < truths.size(); ++i) {
    const double typical = truths.size() == 1 ? typical_error(part_of(squares)) : 0;
    for (double& bound : truths[i].bound) bound = std::max(bound, typical) + kUnderflow;
    verdicts.push_back(judge_row(truths[i], tensor.data + chosen.rows[i] * tensor.dim,
                                 row_place(tensor, chosen.rows[i], chosen.gradient.position)));
  }
  return named(chosen.gradient.name, judge_rows(verdicts));
}

}  // namespace

Verdict check_defined_gradients(const BackwardCall& done, const DifferentiableDefined& trained,
                                int64_t max_rows, uint64_t seed) {
  // Replicas differ by rounding of all that a gradient is made of, and so of d_out, too. Some, such
  // as that of a bias, are made of nothing else.
  const Given given{done.inputs, done.d_out};
  const std::vector<Chosen> chosen = choose(done, max_rows, seed);
  std::vector<double> out(chosen.back().first + chosen.back().size());
  define(trained, done, given, chosen, out.data());
  const auto judged = [&](int replicas) {
    const std::vector<double> squares =
        replica_errors([&](const Given& in, float* to) { define(trained, done, in, chosen, to); },
                       given, out, replicas);
    Verdict verdict = judge(chosen.front(), out, squares);
    for (size_t i = 1; i < chosen.size(); ++i) merge(verdict, judge(chosen[i], out, squares));
    return verdict;
  };
  const Verdict verdict = judged(kReplicas);
  return is_in_doubt(verdict) ? judged(kReplicasInDoubt) : verdict;
}

}  // namespace attnbench::measure
