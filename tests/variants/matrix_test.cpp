// The matrix products of variants that store scores, against Eigen's in double.
#include "kernels/matrix.h"

#include <Eigen/Core>

#include "catch.h"

using namespace attnbench;

namespace {

using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr float kUntouched = 7;

/// Shapes around the edges of microkernels, packs and vectors, and around the fewest rows that are
/// packed.
struct Shape {
  int64_t rows, keys, head_dim;
};
constexpr Shape kShapes[] = {{1, 1, 1},      {1, 300, 300},  {3, 131, 40},   {4, 17, 5},
                             {5, 515, 64},   {6, 64, 16},    {8, 100, 80},   {13, 1030, 33},
                             {192, 777, 96}, {127, 95, 128}, {25, 130, 256}, {11, 700, 257},
                             {7, 90, 600}};

/// The relative error of a result. Checks too that the floats behind each row are untouched.
double error_of(const Floats& result, const Eigen::MatrixXd& expected) {
  const Eigen::Index behind = result.cols() - expected.cols();
  CHECK((result.rightCols(behind).array() == kUntouched).all());
  return (result.leftCols(expected.cols()).cast<double>() - expected).norm() / expected.norm();
}

/// If one float were left out of the sums, the error would be 1e-3 or more.
constexpr double kTolerance = 1e-6;

}  // namespace

TEST_CASE("Products with keys and with values equal Eigen's in double") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.rows, shape.keys, shape.head_dim);
    const Floats q = Floats::Random(shape.rows, shape.head_dim);
    const Floats k = Floats::Random(shape.keys, shape.head_dim);
    Floats scores = Floats::Constant(shape.rows, shape.keys + 3, kUntouched);
    kernels::multiply_keys(q.data(), shape.rows, k.data(), shape.keys, shape.head_dim,
                           scores.data(), scores.cols());
    CHECK(error_of(scores, q.cast<double>() * k.cast<double>().transpose()) < kTolerance);

    const Floats weights = Floats::Random(shape.rows, shape.keys + 3);
    Floats out = Floats::Constant(shape.rows + 1, shape.head_dim, kUntouched);
    kernels::multiply_values(weights.data(), weights.cols(), shape.rows, k.data(), shape.keys,
                             shape.head_dim, out.data());
    CHECK((out.bottomRows(1).array() == kUntouched).all());
    CHECK(error_of(out.topRows(shape.rows),
                   weights.leftCols(shape.keys).cast<double>() * k.cast<double>()) < kTolerance);
  }
}

TEST_CASE("A product with transposed weights equals Eigen's in double, and adds to what is there") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.rows, shape.keys, shape.head_dim);
    const Floats weights = Floats::Random(shape.rows, shape.keys + 3);
    const Floats x = Floats::Random(shape.rows, shape.head_dim);
    Floats out = Floats::Constant(shape.keys + 1, shape.head_dim, kUntouched);
    kernels::add_transposed_product(weights.data(), weights.cols(), shape.rows, shape.keys,
                                    x.data(), shape.head_dim, out.data());
    CHECK((out.bottomRows(1).array() == kUntouched).all());
    const Eigen::MatrixXd product =
        weights.leftCols(shape.keys).cast<double>().transpose() * x.cast<double>();
    CHECK(error_of(out.topRows(shape.keys), (product.array() + kUntouched).matrix()) < kTolerance);
  }
}
