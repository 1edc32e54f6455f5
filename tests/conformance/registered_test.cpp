// The conformance suite over all registered variants. A new variant is tested here without an edit.
#include "catch.h"
#include "conformance/conformance.h"

using namespace attnbench;

namespace {

#ifdef ATTNBENCH_SANITIZED
constexpr int kExactProblems = 40;  // Sanitizers make this ten times as slow.
constexpr int kApproximateProblems = 10;
constexpr int kBaselineProblems = 10;
#else
constexpr int kExactProblems = 200;
/// What a variant should give is evaluated five times for each output.
constexpr int kApproximateProblems = 80;
/// Their definitions are the longest: each of all tokens in turn is multiplied by matrices.
constexpr int kBaselineProblems = 40;
#endif

void check_all(Kind kind, int problems) {
  const registry::Catalogue catalogue = registry::built_in();
  REQUIRE_FALSE(catalogue.entries().empty());
  for (const registry::Entry& entry : catalogue.entries()) {
    if (entry.info->kind != kind) continue;
    DYNAMIC_SECTION(entry.name()) {
      for (const conformance::Finding& finding :
           conformance::check_conformance(entry, problems, 1)) {
        INFO(finding.promise << " (" << finding.problems_tried << " problems) " << finding.note);
        INFO(finding.failure);
#ifdef ATTNBENCH_SANITIZED
        if (finding.promise.starts_with("takes nothing from the heap")) continue;
#endif
        CHECK(is_fine(finding.status));
        CHECK((finding.problems_tried > 0) == (finding.status == conformance::Status::kOk));
      }
    }
  }
}

}  // namespace

// A test for each kind, so that each has ctest's time limit to itself and they run side by side.
TEST_CASE("Every registered exact variant keeps every promise") {
  check_all(Kind::kExact, kExactProblems);
}

TEST_CASE("Every registered approximate variant keeps every promise") {
  check_all(Kind::kApproximate, kApproximateProblems);
}

TEST_CASE("Every registered baseline keeps every promise") {
  check_all(Kind::kBaseline, kBaselineProblems);
}
