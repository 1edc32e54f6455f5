// Lines up the cases of several runs: those of one side, and those of both.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "record/record.h"

namespace attnbench::analyze {

/// A param whose value differs between two cases that are the same but for their params.
struct ParamChange {
  std::string name;
  std::string base;  ///< "96", or "none" if that build's variant has no such param.
  std::string fresh;
};

/// A case of one run and its partner in another.
struct Partners {
  int base = 0;
  int fresh = 0;
  std::vector<ParamChange> changes;  ///< Mostly none.
};

/// Matches cases by variant, params and the value of every axis; labels and places do not matter.
/// If a run holds a case more than once, the first is matched with the first, and so on. Cases that
/// find no partner are matched once more by those params alone that their run's config sets: the
/// others are the variant's defaults, and a build may change them. If `any_params`, cases that are
/// alike but for their params are matched at last. In `fresh`'s order.
std::vector<Partners> match_cases(const record::Run& base, const record::Run& fresh,
                                  bool any_params = false);

/// The runs of one side, lined up with the cases of the first run.
struct Side {
  std::span<const record::Run> runs;
  /// For each case of the first run, its record in each run; null in a run that lacks it.
  std::vector<std::vector<const record::CaseRecord*>> cases;
  /// Cases of later runs that the first one lacks: the case's name, and "run 2" of the side.
  std::vector<std::pair<std::string, std::string>> only_later;

  const record::Run& first() const { return runs.front(); }
};

/// `runs` is not empty, and outlives the result.
Side line_up(std::span<const record::Run> runs);

/// Whether q, k and v of a case were the same in all runs of both sides: the seed draws them, or a
/// file of the same sha256 holds them.
bool same_numbers(const Side& base, const Side& fresh, const record::Case& plan);

}  // namespace attnbench::analyze
