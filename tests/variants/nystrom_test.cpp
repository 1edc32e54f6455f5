// nystrom: its definition and its kernel against dense algebra in double.
#include <Eigen/Dense>

#include "catch.h"
#include "softmax64.h"

using namespace attnbench;

namespace {

/// The means of `count` segments of nearly equal length.
Rows64 segment_means(const Rows64& x, int64_t count) {
  Rows64 means(count, x.cols());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t begin = i * x.rows() / count, end = (i + 1) * x.rows() / count;
    means.row(i) = x.middleRows(begin, end - begin).colwise().mean();
  }
  return means;
}

/// The scores of Nyström attention of one head, and what its pseudo-inverse is multiplied by.
struct Factors {
  Rows64 queries, landmarks, values;
};
Factors factors_of(const Tried& tried, int64_t landmarks, int64_t b, int64_t h) {
  const Problem& p = tried.problem();
  const Rows64 queries = segment_means(tried.q(b, h), landmarks);
  const Rows64 keys = segment_means(tried.k(b, h), landmarks);
  return {softmax(p, tried.q(b, h), keys), softmax(p, queries, keys),
          softmax(p, queries, tried.k(b, h)) * tried.v(b, h)};
}

/// In the basis of A's singular vectors the iteration works on each singular value s alone:
/// z = s / (||A||_1 ||A||_inf), then z = z (13 - s z (15 - s z (7 - s z))) / 4.
Rows64 inverse_by_singular_values(const Rows64& a, int64_t iterations) {
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const double norms = a.colwise().sum().maxCoeff() * a.rowwise().sum().maxCoeff();
  const Eigen::VectorXd inverse = svd.singularValues().unaryExpr([&](double s) {
    double z = s / norms;
    for (int64_t i = 0; i < iterations; ++i) {
      const double sz = s * z;
      z *= (13 - sz * (15 - sz * (7 - sz))) / 4;
    }
    return z;
  });
  return svd.matrixV() * inverse.asDiagonal() * svd.matrixU().transpose();
}

struct WithLandmarks {
  Problem problem;
  int64_t landmarks, iterations;
};
constexpr WithLandmarks kWithLandmarks[] = {
    {{1, 2, 1, 70, 70, 16}, 8, 6},      {{2, 4, 2, 33, 150, 40}, 30, 6},
    {{1, 4, 2, 9, 300, 64}, 9, 6},      {{1, 1, 1, 90, 40, 33}, 40, 3},
    {{1, 1, 1, 5, 5, 1}, 2, 6},         {{1, 2, 1, 300, 1100, 8}, 64, 6},
    {{1, 1, 1, 140, 140, 130}, 140, 0}, {{2, 1, 1, 100, 2100, 24}, 3, 5},
    {{1, 1, 1, 200, 600, 300}, 130, 1}, {{1, 2, 2, 300, 200, 80, false, 0.3}, 100, 6},
};

}  // namespace

TEST_CASE("Nyström attention iterates on singular values, as its dense form does") {
  for (const WithLandmarks& each : kWithLandmarks) {
    const Problem& p = each.problem;
    const int64_t landmarks = each.landmarks, iterations = each.iterations;
    const Tried tried("nystrom", p, {landmarks, iterations});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, landmarks, iterations);
    const auto expected = [&](int64_t b, int64_t h) -> Rows64 {
      const Factors f = factors_of(tried, landmarks, b, h);
      return f.queries * (inverse_by_singular_values(f.landmarks, iterations) * f.values);
    };
    const double unit = tried.worst_error(std::vector<double>(tried.define().size()), expected);
    CHECK(tried.worst_error(tried.define(), expected) < 1e-12 * unit);
    CHECK(tried.worst_error(tried.forward(2), expected) < 1e-5 * unit);
  }
}

TEST_CASE("Nyström attention comes to its form with an exact pseudo-inverse") {
  // Landmarks are few and far from each other, so that eight iterations reach the inverse.
  const Problem p{1, 2, 2, 96, 60, 8, false, 20};
  const Tried tried("nystrom", p, {4, 8});
  const auto expected = [&](int64_t b, int64_t h) -> Rows64 {
    const Factors f = factors_of(tried, 4, b, h);
    return f.queries * (f.landmarks.completeOrthogonalDecomposition().pseudoInverse() * f.values);
  };
  CHECK(tried.worst_error(tried.define(), expected) < 1e-9);
  CHECK(tried.worst_error(tried.forward(), expected) < 1e-4);
}

TEST_CASE("With as many landmarks as keys and queries Nyström attention tends to full attention") {
  const Problem p{1, 2, 1, 100, 100, 16};
  const auto distance = [&](int64_t iterations) {
    const Tried tried("nystrom", p, {100, iterations});
    return tried.worst_error(tried.define(), [&](int64_t b, int64_t h) -> Rows64 {
      return softmax(p, tried.q(b, h), tried.k(b, h)) * tried.v(b, h);
    });
  };
  CHECK(distance(4) < distance(2) / 1.2);
  CHECK(distance(6) < distance(4) / 1.2);
  CHECK(distance(8) < distance(6) / 1.2);
}

TEST_CASE("Nyström attention of one query, which is its own landmark, is full attention") {
  const Problem p{1, 4, 2, 1, 500, 64};
  const Tried tried("nystrom", p, {1, 6});
  const auto expected = [&](int64_t b, int64_t h) -> Rows64 {
    return softmax(p, tried.q(b, h), tried.k(b, h)) * tried.v(b, h);
  };
  CHECK(tried.worst_error(tried.define(), expected) < 1e-14);
  CHECK(tried.worst_error(tried.forward(), expected) < 1e-6);
}

TEST_CASE("Nyström attention refuses causal problems, and more landmarks than queries or keys") {
  const Tried tried("nystrom", {1, 1, 1, 64, 64, 8}, {64, 6});
  const auto reason = [&](const Problem& p) {
    Call call = tried.call();
    call.problem = p;
    const char* const why = tried.variant().supports(call).reason;
    return std::string(why == nullptr ? "" : why);
  };
  CHECK(reason(tried.problem()).empty());
  CHECK(reason({1, 1, 1, 64, 64, 8, true}).find("causal") != std::string::npos);
  CHECK(reason({1, 1, 1, 63, 64, 8}).find("landmarks") != std::string::npos);
  CHECK(reason({1, 1, 1, 64, 63, 8}).find("landmarks") != std::string::npos);
}

TEST_CASE("Nyström attention has the same bits for any number of threads") {
  for (const WithLandmarks& each : kWithLandmarks) {
    const Problem& p = each.problem;
    const int64_t landmarks = each.landmarks, iterations = each.iterations;
    const Tried tried("nystrom", p, {landmarks, iterations});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, landmarks, iterations);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3, 7}) CHECK(tried.forward(threads) == one);
  }
}

TEST_CASE("Nyström attention counts its means, its softmaxes and its iterations") {
  const int64_t params[] = {32, 6}, n = 2048, m = 32, d = 40;
  const Tried tried("nystrom", {1, 8, 2, n, n, d}, {32, 6});
  const int64_t means = 8 * n * d + 2 * n * d, softmaxes = 8 * 2 * 4 * n * m * d;
  CHECK(tried.variant().inexact()->cost({tried.problem(), params, 1}).flops.value() ==
        means + softmaxes + 8 * (2 * m * m * d + 6 * 4 * 2 * m * m * m + 2 * m * m * d));
}

TEST_CASE("Nyström attention counts the last iterations on the values alone if that takes less") {
  const int64_t n = 1024;
  for (const int64_t d : {1, 8, 24, 64, 200})
    for (const int64_t m : {8, 64, 512})
      for (const int64_t iterations : {0, 1, 6}) {
        int64_t least = std::numeric_limits<int64_t>::max();
        for (int64_t whole = 0; whole <= iterations; ++whole)
          for (const bool az_whole : {false, true}) {
            // Products of a matrix [m, m] with the values, for Z and A Z of this iteration.
            int64_t z = 1, az = az_whole ? 1 : 2;
            for (int64_t i = whole; i < iterations; ++i) z += 3 * az, az *= 4;
            least = std::min(
                least, whole * 8 * m * m * m + (az_whole ? 2 * m * m * m : 0) + z * 2 * m * m * d);
          }
        CAPTURE(d, m, iterations);
        const int64_t params[] = {m, iterations};
        const Tried tried("nystrom", {1, 1, 1, n, n, d}, {m, iterations});
        CHECK(tried.variant().inexact()->cost({tried.problem(), params, 1}).flops.value() ==
              2 * n * d + 8 * n * m * d + 2 * m * m * d + least);
      }
}

TEST_CASE("The workspace of Nyström attention does not grow with the sequence") {
  const int64_t params[] = {128, 6};
  for (const int64_t heads : {1, 8}) {
    const Tried tried("nystrom", {1, heads, heads, 512, 512, 64}, {128, 6});
    const auto bytes = [&](int64_t n) {
      return tried.variant().workspace_bytes({{1, heads, heads, n, n, 64}, params, 2}).value();
    };
    CHECK(bytes(1 << 13) == bytes(512));
    CHECK(bytes(1 << 20) == bytes(512));
  }
}
