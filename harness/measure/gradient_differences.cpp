// Central differences of a loss that is linear in the output.
#include "measure/gradient_differences.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "measure/truth.h"

namespace attnbench::measure {
namespace {

/// Inputs of which one is a copy whose elements can be moved.
class Movable {
 public:
  Movable(const Inputs& in, int64_t input) : view_(in) {
    extras_.assign(in.extra, in.extra + in.extra_count);
    view_.extra = extras_.data();
    Tensor<const float>* const tensors[] = {&view_.q, &view_.k, &view_.v};
    Tensor<const float>& tensor =
        input < 3 ? *tensors[input] : extras_.at(static_cast<size_t>(input - 3));
    values_.assign(tensor.data, tensor.data + tensor.size());
    tensor.data = values_.data();
  }
  Movable(const Movable&) = delete;
  Movable& operator=(const Movable&) = delete;

  const Inputs& view() const { return view_; }
  std::vector<float>& values() { return values_; }

 private:
  Inputs view_;
  std::vector<Tensor<const float>> extras_;
  std::vector<float> values_;
};

/// sum(d_out * out) in double.
double loss(const Variant& variant, const Call& call, const Inputs& inputs,
            const Tensor<const float>& d_out) {
  std::vector<int64_t> rows(static_cast<size_t>(d_out.batch * d_out.heads * d_out.len));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  std::vector<double> of_rows(rows.size());
  std::vector<std::string> objections(rows.size());
  tell_truth(variant, call, inputs, rows, Bounds::kUnwanted, [&](size_t i, const RowTruth& truth) {
    const float* const d = d_out.data + rows[i] * d_out.dim;
    of_rows[i] = std::inner_product(truth.out.begin(), truth.out.end(), d, 0.0);
    objections[i] = truth.objection;
  });
  for (const std::string& objection : objections)
    if (!objection.empty()) throw std::runtime_error(objection);
  return std::accumulate(of_rows.begin(), of_rows.end(), 0.0);
}

/// What one step to either side says of the slope at an element.
struct Difference {
  double slope = 0;
  double bend = 0;  ///< By how much the slope above exceeds that below.
};

/// `loss_at(x)` is the loss, less that at `x`, if the element is moved there.
template <class Loss>
Difference difference(const Loss& loss_at, float x, float step) {
  const float above = x + step, below = x - step;
  // Rounding to floats makes the steps differ, so a parabola goes through all three points.
  const double up = static_cast<double>(above) - static_cast<double>(x);
  const double down = static_cast<double>(x) - static_cast<double>(below);
  const double slope_above = loss_at(above) / up, slope_below = -loss_at(below) / down;
  return {(down * slope_above + up * slope_below) / (up + down), slope_above - slope_below};
}

}  // namespace

/// If the loss is smooth, twice the step makes twice the bend; at a kink, the bend stays.
std::vector<Slope> gradient_by_differences(const Variant& variant, const Call& call,
                                           const Inputs& inputs, const Tensor<const float>& d_out,
                                           int64_t input, std::span<const int64_t> elements) {
  Movable moved(inputs, input);
  const double middle = loss(variant, call, inputs, d_out);
  std::vector<Slope> slopes;
  for (const int64_t at : elements) {
    float& element = moved.values()[static_cast<size_t>(at)];
    const float x = element;
    const auto loss_at = [&](float value) {
      element = value;
      return loss(variant, call, moved.view(), d_out) - middle;
    };
    const Difference near = difference(loss_at, x, 0x1p-10f), far = difference(loss_at, x, 0x1p-9f);
    element = x;
    // Richardson: the errors in step^2 cancel.
    slopes.push_back({(4 * near.slope - far.slope) / 3,
                      std::abs(near.slope - far.slope) + std::abs(2 * near.bend - far.bend)});
  }
  return slopes;
}

std::vector<double> gradient_by_differences(const Variant& variant, const Call& call,
                                            const Inputs& inputs, const Tensor<const float>& d_out,
                                            int64_t input) {
  const Tensor<const float>* const tensors[] = {&inputs.q, &inputs.k, &inputs.v};
  const int64_t size = input < 3 ? tensors[input]->size() : inputs.extra[input - 3].size();
  std::vector<int64_t> all(static_cast<size_t>(size));
  std::iota(all.begin(), all.end(), int64_t{0});
  std::vector<double> values;
  for (const Slope& slope : gradient_by_differences(variant, call, inputs, d_out, input, all))
    values.push_back(slope.value);
  return values;
}

}  // namespace attnbench::measure
