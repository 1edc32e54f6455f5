// linformer: its definition and its kernel against dense algebra that projects scores, not keys.
#include "catch.h"
#include "softmax64.h"

using namespace attnbench;

namespace {

/// Groups of heads; lengths and dims that no vector divides; queries more and fewer than keys; one
/// key; ranks of one row, of all keys, and around those that are multiplied at a time.
struct Projected {
  Problem problem;
  int64_t rank;
};
constexpr Projected kProjected[] = {
    {{1, 2, 1, 70, 70, 16}, 8},     {{2, 4, 2, 33, 150, 40}, 37},
    {{1, 4, 2, 3, 300, 64}, 100},   {{1, 1, 1, 90, 40, 33}, 40},
    {{1, 1, 1, 5, 1, 1}, 1},        {{1, 2, 1, 300, 1100, 8}, 193},
    {{1, 1, 1, 140, 140, 130}, 2},  {{2, 1, 1, 100, 2100, 24}, 3},
    {{1, 1, 1, 64, 600, 300}, 300}, {{1, 1, 1, 1, 700, 80, false, 0.3}, 65},
};

}  // namespace

TEST_CASE("Linformer is full attention over the products of its projections, keys and values") {
  for (const Projected& each : kProjected) {
    const Problem& p = each.problem;
    const int64_t rank = each.rank;
    const Tried tried("linformer", p, {rank, 1});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, rank);
    // (weights F) v rather than weights (F v), and the scores likewise.
    const auto expected = [&](int64_t b, int64_t h) -> Rows64 {
      const Rows64 mixed =
          tried.q(b, h) * tried.k(b, h).transpose() * tried.matrix(0, 0).transpose();
      const Rows64 one = Rows64::Identity(rank, rank);
      return softmax(p, mixed, one) * tried.matrix(1, 0) * tried.v(b, h);
    };
    const double unit = tried.worst_error(std::vector<double>(tried.define().size()), expected);
    CHECK(tried.worst_error(tried.define(), expected) < 1e-12 * unit);
    CHECK(tried.worst_error(tried.forward(2), expected) < 1e-5 * unit);
  }
}

TEST_CASE("Linformer with identities for projections is full attention, to the last bit") {
  for (const Problem& p : {Problem{1, 2, 2, 130, 130, 64}, Problem{2, 4, 2, 5, 77, 40}}) {
    const Tried tried("linformer", p, {p.kv_len, 1}), full("blocked", p, {96, 96});
    const auto n = static_cast<size_t>(p.kv_len);
    std::vector<float> identity(n * n);
    for (size_t i = 0; i < n; ++i) identity[i * n + i] = 1;
    const Tensor<const float> projection{identity.data(), 1, 1, p.kv_len, p.kv_len};
    const Tensor<const float> projections[] = {projection, projection};
    Inputs in = tried.inputs();
    in.extra = projections;
    std::vector<float> out(full.forward().size());
    const machine::Buffer scratch = tried.workspace(1);
    tried.variant().forward(tried.call(), in, {out.data(), p.batch, p.heads, p.q_len, p.head_dim},
                            {scratch.data(), scratch.size()});
    CHECK(out == full.forward());

    std::vector<int64_t> rows(static_cast<size_t>(tried.row_count()));
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<double> defined(out.size());
    tried.variant().defined()->define(tried.call(), in, {rows.data(), tried.row_count()},
                                      defined.data());
    const auto expected = [&](int64_t b, int64_t h) -> Rows64 {
      return softmax(p, tried.q(b, h), tried.k(b, h)) * tried.v(b, h);
    };
    CHECK(tried.worst_error(defined, expected) < 1e-13);
  }
}

TEST_CASE("Linformer has the same bits for any number of threads") {
  for (const Projected& each : kProjected) {
    const Problem& p = each.problem;
    const int64_t rank = each.rank;
    const Tried tried("linformer", p, {rank, 1});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, rank);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3, 7}) CHECK(tried.forward(threads) == one);
  }
}

TEST_CASE("Linformer counts projections of keys, or of scores if these take less") {
  const auto flops = [](const Problem& p, int64_t rank) {
    return Tried("linformer", p, {rank, 1}).variant().inexact()->cost({p, &rank, 1}).flops.value();
  };
  const int64_t d = 64, n = 2048, rank = 256;
  CHECK(flops({1, 8, 2, n, n, d}, rank) == 2 * 2 * 2 * rank * n * d + 8 * 4 * rank * n * d);
  CHECK(flops({1, 1, 1, 1, n, d}, rank) == 4 * n * (d + rank));
}

TEST_CASE("Linformer refuses causal problems, and more rows than keys") {
  const Tried tried("linformer", {1, 1, 1, 50, 50, 8}, {50, 1});
  Call call = tried.call();
  CHECK(tried.variant().supports(call).ok());
  call.problem.causal = true;
  CHECK(std::string(tried.variant().supports(call).reason).find("causal") != std::string::npos);
  call.problem = {1, 1, 1, 50, 49, 8};
  CHECK(std::string(tried.variant().supports(call).reason).find("rank") != std::string::npos);
}

TEST_CASE("Linformer's workspace does not grow with the sequence") {
  const int64_t params[] = {128, 6};
  for (const int64_t heads : {1, 8}) {
    const Tried tried("linformer", {1, heads, heads, 512, 512, 64}, {128, 6});
    const auto bytes = [&](int64_t n) {
      return tried.variant().workspace_bytes({{1, heads, heads, n, n, 64}, params, 2}).value();
    };
    CHECK(bytes(1 << 13) == bytes(512));
    CHECK(bytes(1 << 20) == bytes(512));
  }
}
