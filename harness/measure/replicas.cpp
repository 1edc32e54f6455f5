// Evaluates a definition in float32 several times, and takes its errors for those of a kernel.
#include "measure/replicas.h"

#include <cfloat>
#include <cmath>
#include <limits>
#include <optional>

#include "measure/first_exception.h"
#include "measure/number_stream.h"
#include "measure/oracle.h"

namespace attnbench::measure {
namespace {

/// q, k, v, the extra inputs, and d_out.
std::vector<Tensor<const float>> all_of(const Given& given) {
  const Inputs& in = given.inputs;
  std::vector<Tensor<const float>> all{in.q, in.k, in.v};
  all.insert(all.end(), in.extra, in.extra + in.extra_count);
  all.push_back(given.d_out);
  return all;
}

/// A copy of all that is given, each element moved by one unit in the last place down, up or not at
/// all.
class Jittered {
 public:
  explicit Jittered(const Given& given) : from_(all_of(given)), to_(from_), view_(given) {
    copies_.reserve(to_.size());
    for (Tensor<const float>& tensor : to_)
      tensor.data = copies_.emplace_back(static_cast<size_t>(tensor.size())).data();
    view_.inputs.q = to_[0];
    view_.inputs.k = to_[1];
    view_.inputs.v = to_[2];
    view_.inputs.extra = to_.data() + 3;
    view_.d_out = to_.back();
  }
  Jittered(const Jittered&) = delete;
  Jittered& operator=(const Jittered&) = delete;

  /// The copy, with elements moved as `seed` says.
  const Given& moved(uint64_t seed) {
    for (size_t number = 0; number < from_.size(); ++number) move(number, seed);
    return view_;
  }

 private:
  void move(size_t number, uint64_t seed) {
    const NumberStream stream(seed, number);
    std::vector<float>& copy = copies_[number];
    for (size_t i = 0; i < copy.size(); ++i) {
      copy[i] = from_[number].data[i];
      const uint64_t third = stream.word(static_cast<int64_t>(i)) % 3;
      if (third == 0 || copy[i] == 0) continue;  // A zero may be padding or a mask.
      const float moved = std::nextafter(copy[i], third == 1 ? HUGE_VALF : -HUGE_VALF);
      if (std::isfinite(moved)) copy[i] = moved;
    }
  }

  std::vector<Tensor<const float>> from_, to_;
  std::vector<std::vector<float>> copies_;
  Given view_;
};

Count copy_bytes(const Given& given) {
  Count bytes;
  for (const Tensor<const float>& tensor : all_of(given))
    bytes = bytes + count(tensor.size(), sizeof(float));
  return bytes;
}

/// One evaluation in float32; number 0 is on what is given as it is.
std::vector<float> replica(const DefineInFloat& define, const Given& given, int number,
                           std::optional<Jittered>& copy, size_t size) {
  std::vector<float> out(size);
  if (number > 0 && !copy) copy.emplace(given);
  define(number == 0 ? given : copy->moved(static_cast<uint64_t>(number)), out.data());
  return out;
}

void add_squares(const std::vector<float>& out, std::span<const double> exact,
                 std::vector<double>& squares) {
  for (size_t i = 0; i < out.size(); ++i) {
    const double error = static_cast<double>(out[i]) - exact[i];
    squares[i] += error * error;
  }
}

}  // namespace

std::vector<double> replica_errors(const DefineInFloat& define, const Given& given,
                                   std::span<const double> exact, int replicas,
                                   Count most_copied_bytes) {
  std::vector<double> squares(exact.size());
  const auto mean = [&] {
    for (double& square : squares) square /= replicas;
    return squares;
  };
  if (count(replicas - 1, copy_bytes(given)) > most_copied_bytes) {
    std::optional<Jittered> copy;
    for (int number = 0; number < replicas; ++number)
      add_squares(replica(define, given, number, copy, exact.size()), exact, squares);
    return mean();
  }
  FirstException failure;
#pragma omp parallel for schedule(dynamic) ordered
  for (int number = 0; number < replicas; ++number) {
    std::vector<float> out;
    failure.keep([&] {
      std::optional<Jittered> copy;
      out = replica(define, given, number, copy, exact.size());
    });
#pragma omp ordered
    add_squares(out, exact, squares);
  }
  failure.rethrow();
  return mean();
}

Replicated replicated_bound(std::span<const double> squares, std::span<const double> exact,
                            int64_t dim) {
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
    const double mean_square = std::max(pooled, squares[i]);
    result.bound[i] = kReplicaSpreads * (std::sqrt(mean_square) + kRounding * std::abs(exact[i])) +
                      kReplicaSpreads * FLT_MIN;
    if (!std::isfinite(result.bound[i])) {
      result.bound[i] = std::numeric_limits<double>::infinity();
      result.evaluable = false;
    }
  }
  return result;
}

}  // namespace attnbench::measure
