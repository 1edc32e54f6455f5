// One function for each promise, which tries it on one problem, by subject.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "conformance/promises.h"
#include "conformance/stage.h"
#include "measure/truth.h"

namespace attnbench::conformance {

inline Attempt held() {
  return {};
}
/// Throws std::logic_error if it is not said how: that would count as held.
inline Attempt broken(std::string failure) {
  if (failure.empty()) throw std::logic_error("a promise is broken, but nothing says how");
  return {.failure = std::move(failure)};
}
/// Broken if something says how, else held.
inline Attempt broken_if(std::string failure) {
  return failure.empty() ? held() : broken(std::move(failure));
}
inline Attempt untried(std::string reason) {
  return {.untried = std::move(reason)};
}
inline Attempt nothing_to_try(std::string reason) {
  return {.nothing = std::move(reason)};
}

/// Why nobody can tell whether an output is right.
inline constexpr const char* kNotJudgeable = "float32 can't evaluate its definition";
inline constexpr const char* kPartlyJudgeable =
    "float32 can't evaluate its definition of some rows, and the others are right";
inline constexpr const char* kNotSharp =
    "float32 strays so far from its definition that an error of 1e-4 would show in no row";

/// The element of a row that is off by more than its bound, as an index into `out`; nothing if
/// there is none.
std::optional<int64_t> element_off(const Tensor<float>& out, int64_t row,
                                   const measure::RowTruth& truth);

/// Where two outputs first differ in bits; empty if nowhere. `a` and `b` say how each was made.
std::string difference(const Stage& stage, const std::vector<float>& x, const std::string& a,
                       const std::vector<float>& y, const std::string& b);

/// What the variant's definition says of some rows of a problem, for these inputs.
std::vector<measure::RowTruth> truths_of(const registry::Entry& entry, const Call& call,
                                         const Inputs& inputs, const std::vector<int64_t>& rows,
                                         measure::Bounds bounds);

/// Which input a call has changed: "q"; empty if none.
std::string changed_input(const registry::Entry& entry, const Trial& trial, const Stage& stage);

/// The keys that no query of an exact variant sees, and the queries that see no key.
std::vector<int64_t> unseen_keys(const registry::Entry& entry, const Trial& trial);
std::vector<int64_t> blind_queries(const registry::Entry& entry, const Trial& trial);

/// Compares every row of a stage's output with the variant's definition. Untried if float32 can't
/// evaluate the definition on these inputs, or strays so far from it that a large error would pass.
Attempt judged(const registry::Entry& entry, const Stage& stage);

// What a variant states (statements.cpp).
Attempt states_keys(const registry::Entry& entry, const Trial& trial);
Attempt declares_inputs(const registry::Entry& entry, const Trial& trial);
Attempt answers_the_same(const registry::Entry& entry, const Trial& trial);
Attempt declares_workspace(const registry::Entry& entry, const Trial& trial);
Attempt states_cost(const registry::Entry& entry, const Trial& trial);

// What it computes (definitions.cpp).
Attempt defines_rows_alone(const registry::Entry& entry, const Trial& trial);
Attempt decides_the_same(const registry::Entry& entry, const Trial& trial);
Attempt agrees_with_definition(const registry::Entry& entry, const Trial& trial);
Attempt agrees_across_threads(const registry::Entry& entry, const Trial& trial);
void make_extreme(Trial& trial);

// Which keys reach which output (visibility.cpp).
Attempt sees_each_key_once(const registry::Entry& entry, const Trial& trial);
Attempt blind_queries_yield_zero(const registry::Entry& entry, const Trial& trial);
Attempt ignores_unseen_keys(const registry::Entry& entry, const Trial& trial);
Attempt sees_no_future(const registry::Entry& entry, const Trial& trial);
void give_equal_weights(Trial& trial);
void put_queries_ahead(Trial& trial);
void take_few_queries(Trial& trial);

// What it reads and writes (memory.cpp).
Attempt stays_inside(const registry::Entry& entry, const Trial& trial);
Attempt ignores_old_contents(const registry::Entry& entry, const Trial& trial);
Attempt leaves_inputs(const registry::Entry& entry, const Trial& trial);
Attempt takes_no_heap(const registry::Entry& entry, const Trial& trial);
Attempt repeats_itself(const registry::Entry& entry, const Trial& trial);

}  // namespace attnbench::conformance
