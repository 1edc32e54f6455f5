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
  bool causal = false;     ///< Whether full attention, the measure of what is kept, is.
  std::string drawn = {};  ///< As drawn_words returns it.
  std::vector<std::string> alike = {};  ///< Titles of variants that see the same keys.
  /// How each token reads in Latin letters, shown beside it on pages; empty if not known.
  std::vector<std::string> readings = {};

  /// The token as a printable label, with its reading.
  std::string label(size_t token) const;
};

/// "left = 4 here (256 in the sweep)": the params that were scaled down to the sentence, and in
/// `params` their values where they come from, which `origin` names. Empty if none was.
std::string drawn_words(const std::vector<std::pair<std::string, int64_t>>& drawn,
                        const std::vector<std::pair<std::string, int64_t>>& params,
                        const std::string& origin);

/// The views of the run's sentence. Variants that see the same keys, and are causal alike, share a
/// view.
std::vector<WeightsView> sentence_weights(const record::Run& run);
/// The same of some of the run's views.
std::vector<WeightsView> sentence_weights(const record::Run& run,
                                          const std::vector<record::SentenceView>& some);

/// "The same for window 64, causal; ..."; empty if no other variant sees the same keys. Long lists
/// are cut.
std::string alike_words(const WeightsView& view);

/// "Keeps 83 % of the attention mass of full attention on this sentence; loses 17 %, the most for
/// token 12, 'tired' (31 %)."
std::string mass_words(const WeightsView& view);

/// A page with only this view.
std::string weights_html(const WeightsView& view);

/// The words above and a table for a terminal with a row per query and a column per key. '.' means
/// that the query does not see the key.
std::string weights_text(const WeightsView& view);

/// The token as a printable label, cut if it is wider than 12 columns.
std::string token_label(const std::string& token);

}  // namespace attnbench::report
