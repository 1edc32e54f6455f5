// Tests of narrow types in one case: what is rounded, how it is judged, and what it loses.
#include "measure/narrow.h"

#include <cmath>

#include "catch.h"
#include "machine/ceilings_kernel.h"
#include "measure/check_output.h"
#include "measure/worker.h"
#include "narrow_attention.h"
#include "worker_end.h"

namespace attnbench::measure {
namespace {

using attnbench::test::Narrow;
using attnbench::test::NarrowFault;

Problem problem_of(Type dtype, Type kv_dtype) {
  Problem p{1, 2, 1, 24, 24, 64, true};
  p.dtype = dtype;
  p.kv_dtype = kv_dtype;
  return p;
}

TEST_CASE("Inputs become the numbers that their types stand for, and stay that") {
  for (const Type type : {Type::kBf16, Type::kF16, Type::kInt8, Type::kQ8_0}) {
    const Problem p = problem_of(type <= Type::kF16 ? type : Type::kF32, type);
    const InputSet original(p, 5);
    InputSet rounded(p, 5);
    NarrowInputs narrow(p);
    narrow.take(rounded.writable(), false);
    const Inputs before = original.view(), now = rounded.view(), given = narrow.view(now);
    CHECK(given.k.type == type);
    CHECK(given.q.type == p.dtype);
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < now.k.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(now.k.data[i] - before.k.data[i])));
      largest = std::max(largest, std::abs(static_cast<double>(before.k.data[i])));
    }
    CHECK(worst > 0);
    // Half a step of the largest number's; binary16's own roundoff more for scales.
    CHECK(worst <=
          largest * (scales_of_row(type, 64) > 0 ? 0.5 / 127 + 0x1p-11 : unit_roundoff(type)));
    std::vector<float> once(now.k.data, now.k.data + now.k.size());
    narrow.take(rounded.writable(), false);
    CHECK(std::equal(once.begin(), once.end(), now.k.data));
  }
}

TEST_CASE("A row of int8 has one scale, a row of q8_0 one for each 32 elements") {
  Problem p = problem_of(Type::kF32, Type::kQ8_0);
  for (const Type type : {Type::kInt8, Type::kQ8_0}) {
    p.kv_dtype = type;
    InputSet set(p, 5);
    const InputSet::Writable wide = set.writable();
    std::fill_n(wide.k.data, 64, 0.25f);
    wide.k.data[40] = 127;  // In the second group of 32.
    NarrowInputs narrow(p);
    narrow.take(wide, false);
    CHECK(wide.k.data[40] == 127);
    CHECK(wide.k.data[3] ==
          (type == Type::kInt8 ? 0.0f : 127 * float_from_f16(f16_from_float(0.25f / 127))));
  }
}

TEST_CASE("k's mean over the tokens of a head is taken out before k is rounded") {
  const Problem p = problem_of(Type::kF32, Type::kInt8);
  InputSet set(p, 5);
  const InputSet::Writable wide = set.writable();
  for (int64_t i = 0; i < wide.k.size(); ++i) wide.k.data[i] += 1000;
  const std::vector<float> q(wide.q.data, wide.q.data + wide.q.size());
  NarrowInputs narrow(p);
  narrow.take(wide, true);
  double sum = 0, most = 0;
  for (int64_t i = 0; i < p.kv_len; ++i) {
    sum += static_cast<double>(wide.k.data[i * 64 + 7]);
    most = std::max(most, std::abs(static_cast<double>(wide.k.data[i * 64 + 7])));
  }
  CHECK(std::abs(sum) < 0.5);
  CHECK(most < 4);
  CHECK(std::equal(q.begin(), q.end(), wide.q.data));
}

TEST_CASE("A number beyond a type is named with its place, as the type's limit") {
  for (const auto& [type, number, said] :
       {std::tuple(Type::kF16, 70000.0f, "f16 holds no number beyond 65504, and k has 70000 at "),
        std::tuple(Type::kInt8, 1e7f, "int8 holds no number beyond 8.31901e+06, and k has 1e+07"),
        std::tuple(Type::kBf16, 3.4e38f,
                   "bf16 holds no number beyond 3.38953e+38, and k has 3.4e+38")}) {
    const Problem p = problem_of(type == Type::kInt8 ? Type::kF32 : type, type);
    InputSet set(p, 5);
    CHECK(beyond_types(p, set.view()).empty());
    set.writable().k.data[64 * 3 + 2] = number;
    const std::string words = beyond_types(p, set.view());
    CHECK_THAT(words, Catch::Matchers::StartsWith(said));
    CHECK_THAT(words, ContainsSubstring("batch 0 head 0 position 3 dim 2"));
    CHECK_THAT(words, ContainsSubstring("the type's limit"));
  }
  const Problem f16_limit = problem_of(Type::kF16, Type::kF16);
  InputSet set(f16_limit, 5);
  set.writable().k.data[5] = 65504;
  CHECK(beyond_types(f16_limit, set.view()).empty());
}

const registry::Catalogue& catalogue() {
  static const Info right{"right", "s", Kind::kExact, "p"}, cut{"cut", "s", Kind::kExact, "p"},
      unwritten{"unwritten", "s", Kind::kExact, "p"}, unscaled{"unscaled", "s", Kind::kExact, "p"};
  static const Narrow fine, cuts(NarrowFault::kCutsOutput), leaves(NarrowFault::kLeavesElement),
      ignores(NarrowFault::kIgnoresScales);
  static const registry::Catalogue all(
      {{&right, &fine}, {&cut, &cuts}, {&unwritten, &leaves}, {&unscaled, &ignores}});
  return all;
}

test::End probe(const std::string& variant, const Problem& p) {
  Task task;
  task.mode = Task::Mode::kProbe;
  task.plan.variant = variant;
  task.plan.problem = p;
  task.plan.pairs = 600;
  task.seed = 11;
  task.min_time_s = 0.001;
  return test::end_of_worker(to_json(task).dump(), [](const record::Json& j, Facts& facts) {
    run_task(j, catalogue(), facts);
  });
}

TEST_CASE("A case in narrow types is judged, and its distance is that of the numbers before") {
  double last = 0;
  for (const Type kv : {Type::kF32, Type::kF16, Type::kBf16, Type::kInt8}) {
    const test::End end = probe("right", problem_of(kv <= Type::kF16 ? kv : Type::kF32, kv));
    REQUIRE(end.names() == "memory check quality check calibration done ");
    CHECK(end["check"].at("worst_error_over_bound") <= 1);
    const double distance = end["quality"].at("relative_error");
    if (kv == Type::kF32) CHECK(distance == 0);
    if (kv != Type::kF32) CHECK(distance > last);
    CHECK(distance < 0.02);
    last = distance;
  }
}

TEST_CASE("An output that is cut, not written or made without scales is invalid") {
  CHECK(probe("cut", problem_of(Type::kBf16, Type::kF32)).names() == "memory check invalid done ");
  const test::End unwritten = probe("unwritten", problem_of(Type::kF16, Type::kF16));
  CHECK_THAT(unwritten["invalid"].at("reason").get<std::string>(),
             Catch::Matchers::EndsWith("was never written"));
  CHECK(probe("unscaled", problem_of(Type::kBf16, Type::kQ8_0)).names() ==
        "memory check invalid done ");
}

TEST_CASE("An answer that f16 can't hold is said to be beyond the type") {
  Problem p = problem_of(Type::kF16, Type::kF32);
  p.batch = p.heads = p.q_len = 1;
  InputSet set(p, 5);
  std::fill_n(set.writable().v.data, set.view().v.size(), 7e4f);
  std::vector<float> out(64, 1.0f);
  const Tensor<float> written{out.data(), 1, 1, 1, 64};
  const auto reason = [&] { return check_output(Narrow(), {p}, set.view(), written, 1, 1).reason; };
  out[3] = INFINITY;
  CHECK(reason() ==
        "batch 0 head 0 query 0 dim 3: the answer is 70000, and f16 holds no number "
        "beyond 65504: that is the type's limit, and no fault of the variant");
  std::fill_n(set.writable().v.data, set.view().v.size(), 6e4f);
  CHECK(reason() == "batch 0 head 0 query 0 dim 3 is infinite");
}

TEST_CASE("Without the mean that its keys share, a cache in int8 or q8_0 is rounded less") {
  for (const Type type : {Type::kInt8, Type::kQ8_0}) {
    const Problem p = problem_of(Type::kF32, type);
    double squares[2] = {};
    for (const bool smooth_k : {false, true}) {
      InputSet set(p, 5);
      const InputSet::Writable wide = set.writable();
      for (int64_t i = 0; i < wide.k.size(); ++i) wide.k.data[i] += i % 16 == 0 ? 20 : 0;
      std::vector<float> before(wide.k.data, wide.k.data + wide.k.size());
      NarrowInputs(p).take(wide, smooth_k);
      // The score of a query and a key, less that of the same query and the first key of the head.
      const auto difference = [](const float* q, const float* k, const float* first) {
        double sum = 0;
        for (int64_t d = 0; d < 64; ++d) sum += static_cast<double>(q[d] * (k[d] - first[d]));
        return sum;
      };
      for (int64_t key = 1; key < p.kv_len; ++key)
        squares[smooth_k] +=
            std::pow(difference(wide.q.data, wide.k.data + key * 64, wide.k.data) -
                         difference(wide.q.data, before.data() + key * 64, before.data()),
                     2);
    }
    CHECK(squares[0] > 0);
    CHECK(squares[1] < squares[0] / 10);
  }
}

TEST_CASE("A sample has the rate of native multiply-adds beside it if its k and q are bf16") {
  const auto noise = [](Type dtype, Type kv_dtype) {
    Task task;
    task.mode = Task::Mode::kRound;
    task.plan.variant = "right";
    task.plan.problem = problem_of(dtype, kv_dtype);
    task.iterations = 2;
    const test::End end = test::end_of_worker(
        to_json(task).dump(),
        [](const record::Json& j, Facts& facts) { run_task(j, catalogue(), facts); });
    REQUIRE(end.names() == "check sample done ");
    return record::sample_from_json(end["sample"]).noise;
  };
  const record::Noise bf16 = noise(Type::kBf16, Type::kBf16);
  CHECK(bf16.bf16_gflops.has_value() == (machine::kBf16.run != nullptr));
  CHECK(bf16.fma_gflops.value_or(0) > 0);
  CHECK_FALSE(noise(Type::kBf16, Type::kInt8).bf16_gflops);
  CHECK_FALSE(noise(Type::kF32, Type::kF32).bf16_gflops);
}

}  // namespace
}  // namespace attnbench::measure
