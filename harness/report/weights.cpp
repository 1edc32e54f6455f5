// Writes weights as a table.
#include "report/weights.h"

#include <algorithm>

#include "analyze/sentence.h"
#include "record/format.h"
#include "record/utf8.h"
#include "report/escape.h"
#include "report/html_assets.h"
#include "report/html_parts.h"
#include "report/table.h"

namespace attnbench::report {
namespace {

constexpr size_t kWidestToken = 12;
constexpr size_t kMostAlike = 8;

/// "0.37". Two decimals, so that weights line up.
std::string weight_cell(double weight) {
  return record::format_fixed(weight, 2);
}

/// "83 %". A share that is neither nothing nor all never reads as 0 % or 100 %.
std::string share_words(double share) {
  if (share > 0 && share < 0.005) return "less than 1 %";
  if (share < 1 && share >= 0.995) return "more than 99 %";
  return record::format_fixed(100 * share, 0) + " %";
}

}  // namespace

std::string token_label(const std::string& token) {
  std::string label = printable(token);
  if (record::display_width(label) <= kWidestToken) return label;
  size_t end = 0, width = 0;
  for (size_t length = 0; end < label.size(); end += length) {
    uint32_t code = 0;
    length = record::decode_utf8(std::string_view(label).substr(end), code);
    width += static_cast<size_t>(record::character_width(code));
    if (width > kWidestToken - 1) break;
  }
  return label.substr(0, end) + "…";
}

std::string drawn_words(const std::vector<std::pair<std::string, int64_t>>& drawn,
                        const std::vector<std::pair<std::string, int64_t>>& params,
                        const std::string& origin) {
  std::string words;
  for (const auto& [name, value] : drawn)
    for (const auto& [swept_name, swept] : params)
      if (swept_name == name)
        words += (words.empty() ? "" : ", ") + name + " = " + std::to_string(value) + " here (" +
                 std::to_string(swept) + " " + origin + ")";
  return words;
}

std::string WeightsView::label(size_t token) const {
  const std::string label = token_label(tokens[token]);
  return token < readings.size() ? label + " " + token_label(readings[token]) : label;
}

std::vector<WeightsView> sentence_weights(const record::Run& run) {
  return sentence_weights(run, run.sentence.views);
}

std::vector<WeightsView> sentence_weights(const record::Run& run,
                                          const std::vector<record::SentenceView>& some) {
  std::vector<WeightsView> views;
  for (const record::SentenceView& seen : some) {
    const record::Case& c = run.cases[static_cast<size_t>(seen.case_id)].plan;
    const std::string name = c.label + (c.problem.causal ? ", causal" : ", not causal");
    const std::string drawn = drawn_words(seen.drawn_params, c.params, "in the sweep");
    const auto known = std::find_if(views.begin(), views.end(), [&](const WeightsView& view) {
      return view.visible == seen.visible && view.causal == c.problem.causal;
    });
    if (known != views.end())
      known->alike.push_back(name + (drawn.empty() ? "" : ", with " + drawn));
    else
      views.push_back({name, run.sentence.tokens, seen.visible,
                       analyze::attention_weights(run.sentence.tokens, seen.visible),
                       c.problem.causal, drawn});
  }
  return views;
}

std::string alike_words(const WeightsView& view) {
  std::string words;
  const size_t shown = std::min(view.alike.size(), kMostAlike);
  for (size_t i = 0; i < shown; ++i) words += (i == 0 ? "The same for " : "; ") + view.alike[i];
  if (view.alike.size() > shown)
    words += "; and " + std::to_string(view.alike.size() - shown) + " more";
  return words.empty() ? words : words + ".";
}

std::string mass_words(const WeightsView& view) {
  const size_t n = view.tokens.size();
  const std::string full = analyze::full_pattern(n, view.causal);
  const analyze::KeptMass mass =
      analyze::kept_mass(analyze::attention_weights(view.tokens, full), view.visible, n);
  const std::string whole = view.causal ? "full causal attention" : "full attention";
  if (mass.worst_lost == 0)
    return "Keeps 100 % of the attention mass of " + whole + " on this sentence; loses nothing.";
  // The number tells two equal tokens apart.
  return "Keeps " + share_words(mass.kept) + " of the attention mass of " + whole +
         " on this sentence; loses " + share_words(1 - mass.kept) + ", the most for token " +
         std::to_string(mass.worst_query + 1) + ", '" + token_label(view.tokens[mass.worst_query]) +
         "' (" + share_words(mass.worst_lost) + ").";
}

std::string weights_html(const WeightsView& view) {
  TemplateData page;
  add_head(page, "Attention weights", Scripts::kWithout);
  add_weights(page, {view});
  return render(kWeightsPageTemplate, page);
}

std::string weights_text(const WeightsView& view) {
  const size_t n = view.tokens.size();
  std::vector<Cells> rows(1, {""});
  for (const std::string& token : view.tokens) rows.front().push_back(token_label(token));
  for (size_t i = 0; i < n; ++i) {
    Cells row{token_label(view.tokens[i])};
    for (size_t j = 0; j < n; ++j)
      row.push_back(view.visible[i * n + j] == '1' ? weight_cell(view.weights[i * n + j]) : ".");
    rows.push_back(std::move(row));
  }
  std::string text = printable(view.title) +
                     ": how much of each key (column) a query (row) takes; . is not seen\n";
  if (!view.drawn.empty()) text += "Scaled down to the sentence: " + printable(view.drawn) + "\n";
  return text + mass_words(view) + "\n\n" + aligned_table(rows, 1);
}

}  // namespace attnbench::report
