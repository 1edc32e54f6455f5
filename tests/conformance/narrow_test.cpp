// The suite tries the types that a variant takes, and finds what a variant gets wrong about one.
#include "narrow_attention.h"
#include "plain_variant.h"

using namespace attnbench;
using conformance::Finding;
using conformance::Status;
using test::NarrowFault;

namespace {

/// The reference of these tests keeps its copies in vectors.
constexpr Info kInfo{"narrow",          "A variant for tests.", Kind::kExact, "none", nullptr, 0,
                     nullptr,
                     /*allocates=*/true};

Finding finding_of(NarrowFault fault, const std::string& promise) {
  static const test::Narrow kVariants[] = {
      test::Narrow(NarrowFault::kNone),          test::Narrow(NarrowFault::kIgnoresScales),
      test::Narrow(NarrowFault::kMixesHalves),   test::Narrow(NarrowFault::kCutsOutput),
      test::Narrow(NarrowFault::kLeavesElement), test::Narrow(NarrowFault::kDropsFirstKey),
      test::Narrow(NarrowFault::kChangesInput),  test::Narrow(NarrowFault::kOneScaleForAll)};
  return test::finding_of(test::entry_of(kVariants[static_cast<size_t>(fault)], kInfo), promise);
}

}  // namespace

TEST_CASE("Attention that widens and rounds right keeps every promise in every type") {
  const test::Narrow right;
  for (const Finding& finding :
       conformance::check_conformance(test::entry_of(right, kInfo), test::kProblems, 3)) {
    INFO(finding.promise << ": " << finding.failure << finding.note);
    CHECK(is_fine(finding.status));
  }
}

TEST_CASE("A variant that gets a type wrong does not agree with its definition") {
  for (const NarrowFault fault :
       {NarrowFault::kIgnoresScales, NarrowFault::kMixesHalves, NarrowFault::kCutsOutput,
        NarrowFault::kLeavesElement, NarrowFault::kDropsFirstKey, NarrowFault::kOneScaleForAll}) {
    const Finding finding = finding_of(fault, "agrees with its definition");
    INFO(static_cast<int>(fault) << " " << finding.note);
    CHECK(finding.status == Status::kFailed);
  }
}

TEST_CASE("A variant that writes to a narrow input does not leave its inputs alone") {
  const Finding finding = finding_of(NarrowFault::kChangesInput, "leaves its inputs alone");
  CHECK(finding.status == Status::kFailed);
  CHECK(test::has(finding.failure, "k is changed"));
}

TEST_CASE("A failure is shrunk to the type that it takes to see it") {
  const Finding finding = finding_of(NarrowFault::kOneScaleForAll, "agrees with its definition");
  INFO(finding.failure);
  CHECK(test::has(finding.failure.substr(0, finding.failure.find("first seen")), "q8_0"));
}
