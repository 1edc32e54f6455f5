// The conformance suite: everything that a variant promises, tried on problems made for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/promises.h"
#include "conformance/trial.h"
#include "registry/registry.h"

namespace attnbench::conformance {

enum class Status {
  kOk,            ///< The promise held on every problem that it was tried on, at least one.
  kFailed,        ///< It was broken.
  kDoesNotApply,  ///< It says nothing about this variant, or about any problem that this one does.
  kNotTried,      ///< It applies, but it could be tried on no problem, or on none of some kind of
                  ///< inputs.
};

/// "ok", "FAILED", "does not apply", "not tried".
const char* status_name(Status status);

/// One promise, and how one variant keeps it.
struct Finding {
  std::string promise;  ///< "agrees with its definition", "stays inside its memory", ...
  Status status = Status::kNotTried;
  int problems_tried = 0;
  std::string failure = {};  ///< The smallest failing problem found, params, place and why.
  /// Why it does not apply or was not tried; of a promise that held, what else was seen, and how
  /// many problems could not be judged, and why.
  std::string note = {};
};

/// Whether the variant may pass for right: the promise held, or it does not apply.
inline bool is_fine(Status status) {
  return status == Status::kOk || status == Status::kDoesNotApply;
}

/// Tries every promise of the contract on `problems` seeded random problems each, but those that
/// take a training step on a quarter as many, at least one. Problems that the variant does not
/// support are not counted. If a vital promise is broken, such as that the keys are well-formed,
/// nothing else is tried. Runs the variant in this process, which a crash ends (run::check_variant
/// survives it). An access just outside the variant's memory is found and survived, though. Not for
/// two threads at a time.
std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed);

/// Called before each problem is tried, with the number of problems that counted as tried by then.
using Announce = std::function<void(const Trial& trial, int problems_tried)>;

/// The same for one promise.
Finding check_promise(const registry::Entry& entry, const Promise& promise, int problems,
                      uint64_t seed, const Announce& announce = {});

/// The same for one problem, which is untried if the variant does not support it.
Attempt attempt_once(const registry::Entry& entry, const Promise& promise, const Trial& trial);

/// A problem that fails, and how it fails.
struct Failure {
  Trial trial;
  std::string text;
};

/// One line for people: the smallest failure found, and the one that it was shrunk from.
std::string describe_failure(const registry::Entry& entry, const Failure& smallest,
                             const Failure& first);

}  // namespace attnbench::conformance
