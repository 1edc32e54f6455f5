// Attention weights between the tokens of a sentence, for people.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// Weights as analyze::attention_weights gives them, and what they are of ("window left=2,
/// causal").
struct WeightsView {
  std::string title;
  std::vector<std::string> tokens;
  std::string visible;
  std::vector<double> weights;
  std::vector<std::string> alike = {};  ///< Titles of what sees the same.
};

/// The run's views of its sentence, those that see the same as one.
std::vector<WeightsView> sentence_weights(const record::Run& run);

/// "The same for window 64, causal; ..."; empty where nothing else sees the same. Long lists are
/// cut.
std::string alike_words(const WeightsView& view);

/// A page that holds nothing else.
std::string weights_html(const WeightsView& view);

/// For a terminal: a row a query, a column a key; '.' where the query does not see the key.
std::string weights_text(const WeightsView& view);

/// A token as a label: printable, cut where it is wider than 12 columns.
std::string token_label(const std::string& token);

}  // namespace attnbench::report
