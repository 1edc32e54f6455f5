// Attention weights between the tokens of a sentence, for people.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// Weights as analyze::attention_weights returns them, and the title of what gave them ("window
/// left=2, causal").
struct WeightsView {
  std::string title;
  std::vector<std::string> tokens;
  std::string visible;
  std::vector<double> weights;
  std::vector<std::string> alike = {};  ///< Titles of variants that see the same keys.
};

/// The views of the run's sentence. Variants that see the same keys share a view.
std::vector<WeightsView> sentence_weights(const record::Run& run);

/// "The same for window 64, causal; ..."; empty if no other variant sees the same keys. Long lists
/// are cut.
std::string alike_words(const WeightsView& view);

/// A page with only this view.
std::string weights_html(const WeightsView& view);

/// A table for a terminal with a row per query and a column per key. '.' means that the query does
/// not see the key.
std::string weights_text(const WeightsView& view);

/// The token as a printable label, cut if it is wider than 12 columns.
std::string token_label(const std::string& token);

}  // namespace attnbench::report
