// The suite on costs that a variant states: those of 0, negative ones, and products that wrap
// around.
#include "inexact_findings.h"
#include "kinds.h"

using namespace attnbench;
using attnbench::test::Best;
using attnbench::test::failure_of;
using attnbench::test::finding_of;
using attnbench::test::GatedPair;
using attnbench::test::has;
using conformance::Status;

namespace {

constexpr const char* kCost = "states a cost above 0 that never wraps around";

}  // namespace

TEST_CASE("A cost of 0, and one that wraps around, are caught") {
  class Costs : public GatedPair<Costs> {
   public:
    explicit Costs(bool wraps) : wraps_(wraps) {}

   private:
    Cost cost(const Call& call) const noexcept override {
      const auto n = static_cast<uint32_t>(call.problem.kv_len);
      return {Count(5), wraps_ ? Count(1 + n * n) : Count()};
    }
    bool wraps_;
  };
  CHECK(has(failure_of(Costs(false), kCost), "cost's traffic_bytes is 0"));
  CHECK(has(failure_of(Costs(true), kCost), "cost's traffic_bytes falls from "));
}

TEST_CASE("A cost that is negative is caught, and a path that is saturated means none") {
  class Costs : public GatedPair<Costs> {
   public:
    explicit Costs(Cost cost) : cost_(cost) {}

   private:
    Cost cost(const Call&) const noexcept override { return cost_; }
    Cost cost_;
  };
  const Count one(1), wrapped(-8);
  const std::string tail = " is negative, or 2^63 - 1 or more";
  CHECK(has(failure_of(Costs({wrapped, one, one, one}), kCost), "cost's flops" + tail));
  CHECK(has(failure_of(Costs({one, wrapped, one, one}), kCost), "cost's traffic_bytes" + tail));
  CHECK(has(failure_of(Costs({one, one, wrapped, one}), kCost), "cost's steps" + tail));
  CHECK(finding_of(Costs({one, one, one, wrapped}), kCost).status == Status::kOk);
  class Decides : public Best {
    Count decision_count(const Call&) const noexcept override { return Count(-1); }
  };
  CHECK(has(failure_of(Decides{}, kCost), "decision_count" + tail));
}

TEST_CASE("A cost that wraps around on the way and ends above where it began is caught") {
  class Costs : public GatedPair<Costs> {
   public:
    explicit Costs(Count Cost::*part) : part_(part) {}

   private:
    Cost cost(const Call& call) const noexcept override {
      const auto n = static_cast<uint64_t>(call.problem.kv_len);
      Cost cost{Count(5), Count(5)};
      cost.*part_ = Count((n * n * n >> 1 | uint64_t{1} << 49) + n);
      return cost;
    }
    Count Cost::*part_;
  };
  CHECK(has(failure_of(Costs(&Cost::flops), kCost), "cost's flops falls from "));
  CHECK(has(failure_of(Costs(&Cost::traffic_bytes), kCost), "cost's traffic_bytes falls from "));
  CHECK(has(failure_of(Costs(&Cost::steps), kCost), "cost's steps falls from "));
  CHECK(has(failure_of(Costs(&Cost::path), kCost), "cost's path falls from "));
}
