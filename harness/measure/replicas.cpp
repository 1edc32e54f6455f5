// Evaluates a definition in float32 several times, and takes its errors for those of a kernel.
#include "measure/replicas.h"

#include <cfloat>
#include <cmath>
#include <exception>
#include <limits>

#include "measure/number_stream.h"

namespace attnbench::measure {
namespace {

constexpr double kRounding = 0x1p-24;

/// Copies of all inputs, each element moved by one unit in the last place down, up or not at all.
class Jittered {
 public:
  Jittered(const Inputs& in, uint64_t seed) : view_(in) {
    copies_.reserve(static_cast<size_t>(3 + in.extra_count));
    for (Tensor<const float>* tensor : {&view_.q, &view_.k, &view_.v}) move(*tensor, seed);
    extras_.assign(in.extra, in.extra + in.extra_count);
    for (Tensor<const float>& tensor : extras_) move(tensor, seed);
    view_.extra = extras_.data();
  }
  Jittered(const Jittered&) = delete;
  Jittered& operator=(const Jittered&) = delete;

  const Inputs& view() const { return view_; }

 private:
  void move(Tensor<const float>& tensor, uint64_t seed) {
    const NumberStream stream(seed, copies_.size());
    std::vector<float>& copy = copies_.emplace_back(tensor.data, tensor.data + tensor.size());
    for (size_t i = 0; i < copy.size(); ++i) {
      const uint64_t third = stream.word(static_cast<int64_t>(i)) % 3;
      if (third == 0 || copy[i] == 0) continue;  // A zero may be padding or a mask.
      const float moved = std::nextafter(copy[i], third == 1 ? HUGE_VALF : -HUGE_VALF);
      if (std::isfinite(moved)) copy[i] = moved;
    }
    tensor.data = copy.data();
  }

  std::vector<std::vector<float>> copies_;
  std::vector<Tensor<const float>> extras_;
  Inputs view_;
};

std::vector<float> replica(const DefineInFloat& define, const Inputs& inputs, int number,
                           size_t size) {
  std::vector<float> out(size);
  if (number == 0)
    define(inputs, out.data());
  else
    define(Jittered(inputs, static_cast<uint64_t>(number)).view(), out.data());
  return out;
}

/// The sums over replicas of each element's squared error.
std::vector<double> squared_errors(const DefineInFloat& define, const Inputs& inputs,
                                   const std::vector<double>& exact) {
  std::vector<double> squares(exact.size());
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) ordered
  for (int number = 0; number < kReplicas; ++number) {
    std::vector<float> out;
    std::exception_ptr thrown;
    try {
      out = replica(define, inputs, number, exact.size());
    } catch (...) {
      thrown = std::current_exception();
    }
#pragma omp ordered
    {
      if (thrown) failure = thrown;
      for (size_t i = 0; i < out.size(); ++i) {
        const double error = static_cast<double>(out[i]) - exact[i];
        squares[i] += error * error;
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
  return squares;
}

}  // namespace

Replicated replicated_bound(const DefineInFloat& define, const Inputs& inputs,
                            const std::vector<double>& exact, int64_t dim) {
  const std::vector<double> squares = squared_errors(define, inputs, exact);
  const auto columns = static_cast<size_t>(dim);
  const size_t rows = exact.size() / columns;
  std::vector<double> row_sums(rows), column_sums(columns);
  double sum = 0;
  for (size_t i = 0; i < squares.size(); ++i) {
    row_sums[i / columns] += squares[i];
    column_sums[i % columns] += squares[i];
    sum += squares[i];
  }
  Replicated result{std::vector<double>(exact.size()), std::isfinite(sum)};
  for (size_t i = 0; i < exact.size(); ++i) {
    const double pooled = sum > 0 ? row_sums[i / columns] * column_sums[i % columns] / sum : 0;
    const double variance = std::max(pooled, squares[i]) / kReplicas;
    result.bound[i] = kReplicaSpreads * (std::sqrt(variance) + kRounding * std::abs(exact[i])) +
                      kReplicaSpreads * FLT_MIN;
    if (!std::isfinite(result.bound[i])) {
      result.bound[i] = std::numeric_limits<double>::infinity();
      result.evaluable = false;
    }
  }
  return result;
}

}  // namespace attnbench::measure
