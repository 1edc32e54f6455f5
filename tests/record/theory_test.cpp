// Names, faults and JSON of declared theories.
#include "record/theory.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "record/json.h"
#include "sample_run.h"

namespace attnbench::record {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// What a strided pattern with a stride of 64 declares.
const Growth kFarAndNear{{2, 0, 1.0 / 64, "far keys"}, {1, 0, 192, "near keys"}};

std::string fault_of_time(const attnbench::Growth& time) {
  return theory_fault({.time = time, .memory = {}});
}

TEST_CASE("Laws have names") {
  CHECK(growth_name({0, 0}) == "n^0");
  CHECK(growth_name({1, 0}) == "n^1");
  CHECK(growth_name({1, 1}) == "n^1 log n");
  CHECK(growth_name({0, 1}) == "log n");
  CHECK(growth_name({0.5, 0}) == "n^0.50");
  CHECK(growth_name({2, 2}) == "n^2 (log n)^2");
  CHECK(growth_name(Growth{{1, 0, 256, "keys in reach"}}) == "n^1");
}

TEST_CASE("A sum is named by its terms with their factors") {
  CHECK(growth_name(kFarAndNear) == "n^2/64 + 192 n");
  CHECK(growth_name({{2}, {1, 1}, {0.5}, {0, 0, 2048}}) == "n^2 + n log n + n^0.50 + 2048");
  CHECK(growth_name({{2, 0, 0.3}, {1, 1, 0.5}}) == "0.300 n^2 + 0.500 n log n");
}

TEST_CASE("The leading term of a sum leads from the first n at which it exceeds the others") {
  CHECK(leading_words(kFarAndNear) == "n^2 leads from n = 12289");  // It equals them at 64 * 192.
  CHECK(growth_words(kFarAndNear) == "n^2/64 + 192 n (n^2 leads from n = 12289)");
  CHECK(leading_words({{2, 0, 0.5}, {0, 0, 32768}}) == "n^2 leads from n = 257");
  CHECK(leading_words({{1, 1}, {1}}) == "n^1 log n leads from n = 3");
  CHECK(leading_words({{2}, {1, 0, 1.5}}) == "n^2 leads at every n");
  CHECK(leading_words({{1, 0, 3}, {1, 0, 256}, {0}}) == "n^1 leads at every n");
  CHECK(leading_words({{2, 0, 1e-9}, {1, 0, 100}}) == "n^2 leads only beyond n = 4294967296");
  CHECK(leading_words({2}).empty());
  CHECK(growth_words({2}) == "n^2");
}

TEST_CASE("The value of a sum is the sum of its terms") {
  for (const double n : {2.0, 300.0, 12288.0, 1e9})
    CHECK(log_value(kFarAndNear, n) == Approx(std::log(n * n / 64 + 192 * n)));
  CHECK(log_value(Growth{{1, 1, 2}, {0, 0, 7}}, 50) == Approx(std::log(100 * std::log(50) + 7)));
  // Beyond the range of double, only logarithms can hold the terms.
  CHECK(log_value(Growth{{100}, {99}}, 1e9) == Approx(100 * std::log(1e9)));
}

TEST_CASE("What else takes time joins a theory in proportion to its part at one n") {
  // At n = 256, n^2 stands for 4 n^2 d, and 8 n d^2 with d = 512 is four times that.
  const double n = 256, d = 512;
  const Growth square = with_more({2}, n, 4 * n * n * d, 8 * n * d * d, 1, "projections");
  CHECK(growth_name(square) == "n^2 + 1024 n");
  CHECK(leading_words(square) == "n^2 leads from n = 1025");
  CHECK(growth_name(with_more({1}, n, 100, 300, 1, "projections")) == "n^1");
  CHECK(std::abs(with_more({1}, n, 100, 300, 1, "p").leading().factor - 4) < 1e-12);
  CHECK(growth_name(with_more({0}, n, 100, 256, 1, "p")) == "n/100 + 1");
  CHECK(growth_name(with_more({0}, n, 0, 256, 1, "p")) == "n^1");
  CHECK(growth_name(with_more({2}, n, 0, 256, 0, "p")) == "n^2");
  CHECK(growth_name(with_more({2}, n, 100, 0, 1, "p")) == "n^2");
}

TEST_CASE("A theory that a variant declares is recorded term by term") {
  const Theory theory = recorded({.time = {{2, 0, 0.25, "blocks"}, {1, 1}}, .memory = {0.5}});
  REQUIRE(theory.time.terms.size() == 2);
  CHECK(theory.time.terms[0].factor == 0.25);
  CHECK(theory.time.terms[0].what == "blocks");
  CHECK(theory.time.terms[1].log_power == 1);
  CHECK(theory.time.terms[1].factor == 1);
  REQUIRE(theory.memory.terms.size() == 1);
  CHECK(theory.memory.leading().power == 0.5);
  CHECK(recorded({}).time.leading().power == 0);
  attnbench::Theory without_text;
  without_text.time.terms[0].what = nullptr;
  CHECK(recorded(without_text).time.leading().what.empty());
}

TEST_CASE("A malformed theory has a fault that says what is wrong and what would be right") {
  CHECK(fault_of_time({{2, 0, 0.25}, {1, 1}, {1}, {}}).empty());
  CHECK(fault_of_time({{3}, {2}, {1}, {0.5}, {}}) ==
        "the growth of time has 5 terms, and should have 1 to 4");
  attnbench::Growth none;
  none.term_count = 0;
  CHECK(fault_of_time(none) == "the growth of time has 0 terms, and should have 1 to 4");
  CHECK(fault_of_time({{2}, {1, 0, 0}}) ==
        "the growth of time has a term 2 with a factor of 0, which should be positive and finite");
  CHECK(fault_of_time({{2, 0, -3}, {1}}) ==
        "the growth of time has a term 1 with a factor of -3, which should be positive and finite");
  for (const double factor : {kInfinity, kNaN})
    CHECK_FALSE(fault_of_time({{2}, {1, 0, factor}}).empty());
  for (const double power : {kInfinity, -kInfinity, 101.0, kNaN}) {
    CHECK(fault_of_time({power}) ==
          "the growth of time has a term 1 with a power that is not a number from -100 to 100");
    CHECK_FALSE(fault_of_time({1, power}).empty());
  }
  CHECK(fault_of_time({{1}, {1, 1}}) ==
        "the growth of time has a term 2 that grows faster than the first, which should lead: "
        "n^1 log n and n^1");
  CHECK(theory_fault({.time = {1}, .memory = {{1}, {2}}}) ==
        "the growth of memory has a term 2 that grows faster than the first, which should lead: "
        "n^2 and n^1");
}

TEST_CASE("A single law is written as before sums, and a sum with its terms beside") {
  Case c = test::sample_case(0);
  c.theory = {{1, 0.5}, kFarAndNear};
  const Json j = to_json(c)["theory"];
  CHECK(j["time"].dump() == R"({"power":1.0,"log_power":0.5})");
  CHECK(j["memory"].dump() ==
        R"({"power":2.0,"log_power":0.0,"terms":[)"
        R"({"power":2.0,"log_power":0.0,"factor":0.015625,"what":"far keys"},)"
        R"({"power":1.0,"log_power":0.0,"factor":192.0,"what":"near keys"}]})");
}

TEST_CASE("A sum is read back from JSON, and a faulty one is refused with its place") {
  Run run = test::sample_run();
  run.cases[0].plan.theory.time = kFarAndNear;
  run.cases[0].plan.theory.memory = Growth{{1, 0, 7, "rows"}};
  Json j = Json::parse(run_to_text(run));
  const record::Theory back = run_from_text(j.dump(), "run.json").cases[0].plan.theory;
  CHECK(growth_name(back.time) == "n^2/64 + 192 n");
  CHECK(back.time.terms[1].what == "near keys");
  CHECK(back.memory.leading().what == "rows");

  const auto refusal_of = [&](const char* place, const Json& value) {
    Json changed = j;
    changed[Json::json_pointer(place)] = value;
    try {
      run_from_text(changed.dump(), "run.json");
    } catch (const RecordError& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  CHECK(refusal_of("/cases/0/theory/time/terms", Json::array()) ==
        "run.json: /cases/0/theory/time/terms: expected at least one element");
  CHECK(refusal_of("/cases/0/theory/time/terms", 3) ==
        "run.json: /cases/0/theory/time/terms: expected a list");
  CHECK(refusal_of("/cases/0/theory/time/terms/1/factor", "1") ==
        "run.json: /cases/0/theory/time/terms/1/factor: expected a number or null");
  CHECK(refusal_of("/cases/0/theory/time/terms/1/power", 3) ==
        "run.json: /cases/0/theory/time: has a term 2 that grows faster than the first, which "
        "should lead: n^3 and n^2");
  CHECK(refusal_of("/cases/0/theory/memory/power", nullptr) == "none");  // The terms hold it.
}

}  // namespace
}  // namespace attnbench::record
