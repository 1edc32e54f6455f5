// The conformance suite over all registered variants. A new variant is tested here without an edit.
#include "catch.h"
#include "conformance/conformance.h"

using namespace attnbench;

namespace {

#ifdef ATTNBENCH_SANITIZED
constexpr int kProblems = 40;  // Sanitizers make this ten times as slow.
constexpr int kDefinedProblems = 10;
#else
constexpr int kProblems = 300;
/// A definition is evaluated five times for each output, and recurrences take long.
constexpr int kDefinedProblems = 80;
#endif

void check_all(bool exact) {
  const registry::Catalogue catalogue = registry::built_in();
  REQUIRE_FALSE(catalogue.entries().empty());
  for (const registry::Entry& entry : catalogue.entries()) {
    if ((entry.variant->exact() != nullptr) != exact) continue;
    DYNAMIC_SECTION(entry.name()) {
      const int problems = entry.variant->defined() != nullptr ? kDefinedProblems : kProblems;
      for (const conformance::Finding& finding :
           conformance::check_conformance(entry, problems, 1)) {
        INFO(finding.promise << " (" << finding.problems_tried << " problems) " << finding.note);
        INFO(finding.failure);
#ifdef ATTNBENCH_SANITIZED
        if (finding.promise == "takes nothing from the heap") continue;
#endif
        CHECK(is_fine(finding.status));
        CHECK((finding.problems_tried > 0) == (finding.status == conformance::Status::kOk));
      }
    }
  }
}

}  // namespace

// Two tests, so that each has ctest's time limit to itself and the two run side by side.
TEST_CASE("Every registered exact variant keeps every promise") {
  check_all(true);
}

TEST_CASE("Every registered variant that is not exact keeps every promise") {
  check_all(false);
}
