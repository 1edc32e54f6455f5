// What a search for crossovers found, in sentences.
#pragma once

#include <string>
#include <vector>

#include "analyze/crossover_fit.h"

namespace attnbench::report {

/// What the sentences need beside the findings.
struct CrossoverSearch {
  std::string a, b;  ///< Labels.
  std::string axis;  ///< "n", "threads", "window.left".
  double low = 0;    ///< The range as the config gives it.
  double high = 0;
  /// From `low` up to this value the two do the same counted work; empty if they differ at `low`.
  std::optional<double> equal_work_up_to;
  std::vector<std::string> left_out;  ///< Why values of the axis could not be measured.
  size_t search_points = 0;           ///< Points that steered the search, and rounds at each.
  int search_rounds = 0;
  size_t final_points = 0;  ///< Points measured afresh at the end.
  double took_s = 0;        ///< All of it.
};

/// The answer first: "window becomes faster than full at n = 565 [548, 583]."; then what limits it.
std::vector<std::string> crossover_sentences(const CrossoverSearch& search,
                                             const analyze::CrossoverFindings& findings);

/// Where a search that was interrupted stood.
std::vector<std::string> unfinished_sentences(const CrossoverSearch& search,
                                              const std::vector<analyze::Bracket>& brackets);

/// For the description of the run: the answer, and where the samples that steered are.
std::string crossover_description(const CrossoverSearch& search,
                                  const std::vector<std::string>& sentences);

}  // namespace attnbench::report
