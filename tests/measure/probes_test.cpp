// Probes of variants whose answers are known.
#include "measure/probes.h"

#include <algorithm>
#include <cmath>

#include "catch.h"
#include "defined_variants.h"
#include "fake_variants.h"
#include "record/sanity.h"

namespace attnbench::measure::test {
namespace {

constexpr Info kExactInfo{"exact", "For tests.", Kind::kExact, "-"};
constexpr Info kBaselineInfo{"baseline", "For tests.", Kind::kBaseline, "-"};
constexpr int64_t kLeft = 20;

/// Attention to the last kLeft keys before the query, and its own.
class Window final : public Exact {
 public:
  int64_t shifted = 0;  ///< Sees keys that are this much further away.

  void visible_keys(const Call&, int64_t, KeySpans&) const noexcept override {}
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    const auto scale = static_cast<float>(score_scale(p));
    std::fill_n(out.data, out.size(), 0.0f);
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = p.q_len - 1; i < p.q_len; ++i) {
          const int64_t at = aligned_position(p, i) - shifted;
          float sum = 0;
          for (int64_t j = std::max<int64_t>(0, at - kLeft); j <= at; ++j) {
            float score = 0;
            for (int64_t d = 0; d < p.head_dim; ++d)
              score += in.q.row(b, h, i)[d] * in.k.row(b, h, j)[d];
            const float weight = std::exp(scale * score);
            sum += weight;
            for (int64_t d = 0; d < p.head_dim; ++d)
              out.row(b, h, i)[d] += weight * in.v.row(b, h, j)[d];
          }
          for (int64_t d = 0; d < p.head_dim; ++d) out.row(b, h, i)[d] /= sum;
        }
  }
};

/// Writes 10 in the first call, 11 in the second, and so on in turn, whatever the inputs are.
class InTurn final : public Exact {
 public:
  void visible_keys(const Call&, int64_t, KeySpans&) const noexcept override {}
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    std::fill_n(out.data, out.size(), calls_++ % 2 == 0 ? 10.0f : 11.0f);
  }

 private:
  mutable int calls_ = 0;
};

record::Probe probed(const Variant& variant, const Info& info, const char* name, int64_t n,
                     int64_t seeds, std::vector<int64_t> pairs = {}) {
  Problem p;
  p.heads = p.kv_heads = name == std::string_view("memory") ? 1 : 4;
  p.q_len = name == std::string_view("memory") ? n : 1;  // The last query is all that counts.
  p.kv_len = n;
  p.head_dim = name == std::string_view("memory") ? 16 : 64;
  const registry::Entry entry{&info, &variant};
  return make_probe(entry, {p, nullptr, 1}, {name, seeds, 12, std::move(pairs)}, 5);
}

}  // namespace

TEST_CASE("On inputs that are all alike, full attention is moved by every token alike") {
  const record::Probe probe = probed(Fake(Behaviour::kTwoPasses), kExactInfo, "influence", 200, 32);
  REQUIRE(probe.points.size() == 12);
  CHECK(probe.points.front().distance == 1);
  CHECK(probe.points.back().distance == 199);
  double mean = 0;
  for (const record::ProbePoint& point : probe.points) mean += point.value / 12;
  for (const record::ProbePoint& point : probe.points) {
    CHECK(point.value > 0.6 * mean);
    CHECK(point.value < 1.6 * mean);
    CHECK(point.low <= point.value);
    CHECK(point.value <= point.high);
  }
}

TEST_CASE("No token beyond a window moves the last output, and each within does") {
  for (const record::ProbePoint& point : probed(Window(), kExactInfo, "influence", 200, 4).points) {
    INFO(point.distance);
    CHECK((point.distance > kLeft ? point.high == 0 : point.low > 0));
  }
}

TEST_CASE("Full attention takes its keys for a set: their order moves it by rounding alone") {
  const record::Probe probe = probed(Fake(Behaviour::kTwoPasses), kExactInfo, "order", 200, 4);
  REQUIRE(probe.points.size() == 12);
  for (const record::ProbePoint& point : probe.points) CHECK(point.high < record::kRoundingChange);
  CHECK(probe.points.back().high > 0);  // The order was another one.
}

TEST_CASE("The order of tokens moves a window if some of them leave it") {
  for (const record::ProbePoint& point : probed(Window(), kExactInfo, "order", 200, 4).points) {
    INFO(point.distance);
    CHECK((point.distance > kLeft + 1 ? point.low > 0.01 : point.high < record::kRoundingChange));
  }
}

TEST_CASE("The order of tokens moves what forgets") {
  const record::Probe probe = probed(LeakySum(), kBaselineInfo, "order", 30, 8);
  CHECK(probe.points.front().high == 0);  // One token has one order.
  for (size_t i = 1; i < probe.points.size(); ++i) CHECK(probe.points[i].value > 0.01);
}

TEST_CASE("A leaky sum forgets geometrically") {
  const record::Probe probe = probed(LeakySum(), kBaselineInfo, "influence", 30, 64);
  // The decay is about 0.7, so that a token 10 further away moves the output about 0.03 times as
  // far.
  for (size_t i = 0; i + 1 < probe.points.size(); ++i)
    CHECK(probe.points[i].value > probe.points[i + 1].value);
  CHECK(probe.points.back().value < 0.05 * probe.points.front().value);
}

TEST_CASE("Full attention recalls a planted pair at every distance") {
  const record::Probe probe =
      probed(Fake(Behaviour::kTwoPasses), kExactInfo, "recall", 300, 16, {8});
  REQUIRE(!probe.points.empty());
  for (const record::ProbePoint& point : probe.points) {
    CHECK(point.pairs == 8);
    CHECK(point.value > 0.95);
  }
}

TEST_CASE("A window recalls what is planted within it, and guesses the rest") {
  for (const record::ProbePoint& point :
       probed(Window(), kExactInfo, "recall", 300, 64, {4}).points) {
    INFO(point.distance);
    CHECK((point.distance > kLeft ? point.value < 0.25 : point.value > 0.95));
  }
}

TEST_CASE("A window that is off by one key shows at the distance where the key is planted") {
  Window off;
  off.shifted = 2;  // Sees distances 2 to kLeft + 2.
  for (const record::ProbePoint& point : probed(off, kExactInfo, "recall", 300, 64, {1}).points)
    CHECK((point.distance == 1 || point.distance > kLeft + 2 ? point.value < 0.25
                                                             : point.value > 0.95));
}

TEST_CASE("Recall asks for as many pairs as there is room for") {
  const record::Probe probe =
      probed(Fake(Behaviour::kTwoPasses), kExactInfo, "recall", 20, 2, {4, 100});
  REQUIRE(!probe.points.empty());
  for (const record::ProbePoint& point : probe.points) CHECK(point.pairs == 4);
  CHECK(probed(Fake(Behaviour::kTwoPasses), kExactInfo, "recall", 20, 2, {100}).reason ==
        "there are fewer tokens than pairs to plant");
}

TEST_CASE("A leaky sum gives back its latest tokens, and less of older ones") {
  const record::Probe probe = probed(LeakySum(), kBaselineInfo, "memory", 60, 600);
  REQUIRE(probe.reason.empty());
  // One decayed sum: R^2 of the token at distance d is (1 - a^2) a^(2 d), with a about 0.7.
  CHECK(probe.points.front().value > 0.15);
  CHECK(probe.points.front().value < 0.40);
  CHECK(probe.points.back().value < 0.02);
}

TEST_CASE("Recall and memory apply to what sees keys, and to what does not") {
  CHECK(probed(LeakySum(), kBaselineInfo, "recall", 50, 2, {4}).reason.find("no q and k") !=
        std::string::npos);
  CHECK(probed(Window(), kExactInfo, "memory", 50, 64).reason.find("sees q and k") !=
        std::string::npos);
  CHECK(probed(LeakySum(), kBaselineInfo, "memory", 50, 10).reason.find("needs 256 sequences") !=
        std::string::npos);
}

TEST_CASE("A mean of equal values is that value, though their sum is rounded") {
  // The one distance there is moves the output by 0.1 with each of 3 seeds.
  const record::Probe probe = probed(InTurn(), kExactInfo, "influence", 2, 3);
  REQUIRE(probe.points.size() == 1);
  CHECK(probe.points[0].low == 0.1);
  CHECK(probe.points[0].high == 0.1);
  CHECK(probe.points[0].value == 0.1);
  CHECK_NOTHROW(record::require_sane(probe, ""));
}

TEST_CASE("A probe of a variant that writes NaN, or nothing, says so and has no points") {
  const auto reason = [](const Variant& variant, const Info& info, const char* name) {
    const record::Probe probe = probed(variant, info, name, 60, 600, {4});
    CHECK(probe.points.empty());
    return probe.reason;
  };
  const char* const nan = "on the probe's inputs, batch 0 head 3 query 0 dim 63 is NaN";
  CHECK(reason(Fake(Behaviour::kNaN), kExactInfo, "influence") == nan);
  CHECK(reason(Fake(Behaviour::kNaN), kExactInfo, "recall") == nan);
  LeakySum overflowing;
  overflowing.stray_row = 59;
  overflowing.stray = 1e300;
  CHECK(reason(overflowing, kBaselineInfo, "memory") ==
        "on the probe's inputs, batch 0 head 0 query 59 dim 0 is infinite");
  // Its second call leaves what the first one wrote, which would look like no influence.
  CHECK(reason(Fake(Behaviour::kWritesNothingFromSecondCall), kExactInfo, "influence") ==
        "on the probe's inputs, batch 0 head 0 query 0 dim 0 was never written");
}

TEST_CASE("The same seed gives the same probe") {
  const auto one = probed(Window(), kExactInfo, "influence", 100, 2);
  const auto two = probed(Window(), kExactInfo, "influence", 100, 2);
  REQUIRE(one.points.size() == two.points.size());
  for (size_t i = 0; i < one.points.size(); ++i) CHECK(one.points[i].value == two.points[i].value);
}

}  // namespace attnbench::measure::test
