// Compares gradients with what they should be.
#include "measure/check_gradients.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "measure/gradient_verdicts.h"
#include "measure/number_stream.h"
#include "measure/sampled_rows.h"
#include "record/checks.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

constexpr uint64_t kGradientStream = 1000;  ///< No input's: see InputSet.

}  // namespace

Verdict named(const std::string& tensor, Verdict verdict) {
  if (!verdict.reason.empty()) verdict.reason = tensor + ": " + verdict.reason;
  return verdict;
}

void merge(Verdict& all, const Verdict& more) {
  record::merge(all.check, more.check);
  if (all.reason.empty()) all.reason = more.reason;
  all.not_judged.insert(all.not_judged.end(), more.not_judged.begin(), more.not_judged.end());
  all.ok = all.reason.empty() && all.not_judged.empty();
}

std::vector<NamedGradient> named_gradients(const BackwardCall& done) {
  const Gradients& g = done.gradients;
  std::vector<NamedGradient> all{{"d_q", "query", g.q}, {"d_k", "key", g.k}, {"d_v", "key", g.v}};
  const std::vector<ExtraInput> extras = registry::extra_inputs(done.variant, done.call);
  for (int64_t i = 0; i < g.extra_count; ++i)
    if (g.extra[i].data != nullptr)
      all.push_back({std::string("d_") + extras[static_cast<size_t>(i)].name, "row", g.extra[i]});
  return all;
}

std::string first_not_finite(const BackwardCall& done) {
  for (const NamedGradient& gradient : named_gradients(done))
    if (std::string wrong = first_not_finite(gradient.tensor, gradient.position); !wrong.empty())
      return gradient.name + ": " + wrong;
  return {};
}

Verdict check_gradients(const BackwardCall& done, int64_t max_rows, uint64_t seed) {
  Verdict verdict;
  verdict.reason = first_not_finite(done);
  if (!verdict.reason.empty()) return verdict;
  if (const Differentiable* trained = done.variant.differentiable();
      trained != nullptr && trained->defines_gradients() != nullptr)
    return check_defined_gradients(done, *trained->defines_gradients(), max_rows, seed);
  if (done.variant.exact() == nullptr)
    throw std::logic_error("a variant that is trained is neither exact nor defines its gradients");
  verdict = check_exact_gradients(done, max_rows, seed);
  const std::vector<NamedGradient> gradients = named_gradients(done);
  for (size_t i = 3; i < gradients.size(); ++i) {
    verdict.not_judged.push_back(gradients[i].name);  // An exact output depends on q, k, v alone.
    verdict.ok = false;
  }
  return verdict;
}

void fill_d_out(const Tensor<float>& d_out, uint64_t seed) {
  const NumberStream stream(seed, kGradientStream);
  for (int64_t i = 0; i < d_out.size(); ++i) d_out.data[i] = stream.normal(i);
}

void keep_few_rows(const Tensor<float>& d_out, int64_t rows, uint64_t seed) {
  int64_t next = 0;
  for (const int64_t kept : sample_rows(d_out.batch * d_out.heads, d_out.len, rows, seed)) {
    std::fill(d_out.data + next * d_out.dim, d_out.data + kept * d_out.dim, 0.0f);
    next = kept + 1;
  }
  std::fill(d_out.data + next * d_out.dim, d_out.data + d_out.size(), 0.0f);
}

void poison(const Gradients& gradients) {
  for (const Tensor<float>& tensor : {gradients.q, gradients.k, gradients.v}) poison(tensor);
  for (int64_t i = 0; i < gradients.extra_count; ++i)
    if (gradients.extra[i].data != nullptr) poison(gradients.extra[i]);
}

std::string digest(const Gradients& gradients) {
  std::string all;
  for (const Tensor<float>& tensor : {gradients.q, gradients.k, gradients.v}) all += digest(tensor);
  for (int64_t i = 0; i < gradients.extra_count; ++i)
    if (gradients.extra[i].data != nullptr) all += digest(gradients.extra[i]);
  return all;
}

}  // namespace attnbench::measure
