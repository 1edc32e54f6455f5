// The columns of the tables about training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// What a row of such a table is made from.
struct TrainingRow {
  const record::Run& run;
  const analyze::Analysis& analysis;
  const analyze::Training& training;
  const analyze::TrainingAtSize& at;

  const analyze::Series& series() const { return analysis.series[training.trained()]; }
  const std::optional<int>& trained_case() const { return at.backward ? at.backward : at.both; }
};

struct TrainingColumn {
  const char* title;
  std::string (*of)(const TrainingRow&);
  std::string (*interval)(const TrainingRow&) =
      nullptr;  ///< What its cell ends with if there is room.
  /// Of the columns that a terminal has no room for, the one with the highest number goes first.
  int spare = 0;
  bool narrow = true;          ///< Whether a phone has room for it.
  bool of_series = false;      ///< Whether it is the same at every n.
  const char* page = nullptr;  ///< Its title on pages, if it is another.
};

/// The columns that a row fills.
std::vector<const TrainingColumn*> filled_columns(const std::vector<TrainingRow>& rows);

/// What these columns mean; a few sentences.
std::string column_words(const record::Run& run, const std::vector<TrainingRow>& rows,
                         const std::vector<const TrainingColumn*>& columns);

}  // namespace attnbench::report
