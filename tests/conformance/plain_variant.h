// What the suite finds about one promise of a plain variant that a test broke.
#pragma once

#include <string>

#include "catch.h"
#include "conformance/conformance.h"
#include "conformance/promises.h"
#include "plain_attention.h"

namespace attnbench::test {

inline constexpr Info kPlainInfo{"plain", "A variant for tests.", Kind::kExact, "none"};

inline registry::Entry entry_of(const Variant& variant, const Info& info = kPlainInfo) {
  return {&info, &variant};
}

inline constexpr int kProblems = 40;

/// Enough for a promise that no problem can be tried on: twenty times as many are drawn for it.
inline constexpr int kHopeless = 4;

/// Tries only the promise of that name.
inline conformance::Finding finding_of(const registry::Entry& entry, const std::string& promise,
                                       int problems = kProblems) {
  for (const conformance::Promise& p : conformance::promises())
    if (p.name == promise) return conformance::check_promise(entry, p, problems, 7);
  FAIL("no promise is called " << promise);
  return {};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace attnbench::test
