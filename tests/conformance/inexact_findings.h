// What the suite finds about one promise of a variant that is not exact.
#pragma once

#include <string>

#include "plain_variant.h"

namespace attnbench::test {

inline constexpr const char* kAgrees = "agrees with its definition";

inline constexpr Info kInexactInfo{"inexact", "A variant for tests.", Kind::kApproximate, "none"};

inline registry::Entry inexact(const Variant& variant) {
  return {&kInexactInfo, &variant};
}

inline conformance::Finding finding_of(const Variant& variant, const std::string& promise,
                                       int problems = kProblems) {
  return finding_of(inexact(variant), promise, problems);
}

inline std::string failure_of(const Variant& variant, const std::string& promise) {
  const conformance::Finding finding = finding_of(variant, promise);
  INFO(finding.failure << finding.note);
  CHECK(finding.status == conformance::Status::kFailed);
  return finding.failure;
}

}  // namespace attnbench::test
