// The promises of the contract, each as something that can be tried on one problem.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "conformance/trial.h"

namespace attnbench::conformance {

/// What came of trying a promise once. At most one of the first three is not empty.
struct Attempt {
  std::string failure = {};  ///< How the promise was broken.
  std::string untried = {};  ///< Why nobody can tell whether it holds for this problem.
  std::string nothing = {};  ///< Why it says nothing about this problem: "every query sees a key".
  std::string remark = {};   ///< An observation that reports count.
};

/// Kinds of variants, as bits.
inline constexpr uint32_t kExact = 1;
inline constexpr uint32_t kDefined = 2;
inline constexpr uint32_t kSelective = 4;
inline constexpr uint32_t kDefinedGivenDecisions = 8;
inline constexpr uint32_t kInexact = kDefined | kSelective | kDefinedGivenDecisions;
inline constexpr uint32_t kEveryKind = kExact | kInexact;

struct Promise {
  const char* name;
  Attempt (*attempt)(const registry::Entry& entry, const Trial& trial);
  uint32_t kinds = kEveryKind;    ///< The kinds of variants that it applies to.
  const char* others = "";        ///< Why it does not apply to the others.
  bool forbids_heap = false;      ///< It does not apply to a variant that may allocate.
  bool trains = false;            ///< It applies to variants that can be trained only.
  void (*aim)(Trial&) = nullptr;  ///< Turns a random trial into one that tests the promise.
  bool only_asks = false;         ///< The attempt asks for statements and allocates nothing.
  bool is_vital = false;          ///< If it is broken, the other promises mean nothing.
};

/// All promises, the vital ones first.
std::span<const Promise> promises();

/// Why a promise does not apply to such a variant, by its kind, as it can't be trained or as it may
/// allocate; empty if it does.
std::string exemption(const Promise& promise, const registry::Entry& entry);

}  // namespace attnbench::conformance
