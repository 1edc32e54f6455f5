// Joins series that differ in their seed alone.
#include "report/seed_table.h"

#include <algorithm>

#include "analyze/statistics.h"
#include "record/format.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr char kSeed[] = "seed";

/// One variant at one length, with several seeds.
struct Draws {
  record::Case like;  ///< The first of the cases, without its seed.
  std::vector<double> errors, times_s;
};

/// The case without its seed, in its params and in its label.
record::Case without_seed(record::Case c) {
  const auto seed = std::ranges::find(c.params, kSeed, &std::pair<std::string, int64_t>::first);
  if (seed == c.params.end()) return c;
  const std::string words = std::string(" ") + kSeed + "=" + std::to_string(seed->second);
  c.params.erase(seed);
  const size_t at = c.label.find(words);
  const size_t end = at + words.size();
  if (at != std::string::npos && (end == c.label.size() || c.label[end] == ' '))
    c.label.erase(at, words.size());
  return c;
}

bool has_seed(const record::Case& c) {
  return std::ranges::any_of(c.params, [](const auto& param) { return param.first == kSeed; });
}

/// Series of one group differ in their variant, their params and their label.
std::vector<Draws> gather(const record::Run& run, const analyze::Analysis& analysis,
                          const analyze::LossesAtSize& at) {
  std::vector<Draws> all;
  for (const analyze::Loss& loss : at.cases) {
    const record::CaseRecord& c = run.cases[loss.index];
    if (!has_seed(c.plan)) continue;
    record::Case like = without_seed(c.plan);
    auto draws = std::ranges::find_if(all, [&](const Draws& d) {
      return d.like.variant == like.variant && d.like.params == like.params &&
             d.like.label == like.label;
    });
    if (draws == all.end()) draws = all.insert(all.end(), {std::move(like), {}, {}});
    draws->errors.push_back(*analyze::relative_error(c));
    draws->times_s.push_back(analysis.cases[loss.index].time_s->median);
  }
  std::erase_if(all, [](const Draws& d) { return d.errors.size() < 2; });
  return all;
}

/// "0.39 (0.31 to 0.52)".
template <class Words>
std::string median_cell(const std::vector<double>& values, const Words& words) {
  const std::vector<double> sorted = analyze::sorted_copy(values);
  return words(analyze::quantile(sorted, 0.5)) + " (" + words(sorted.front()) + " to " +
         words(sorted.back()) + ")";
}

}  // namespace

std::string seed_table_md(const record::Run& run, const analyze::Analysis& analysis,
                          const std::vector<analyze::LossesAtSize>& sizes) {
  std::string rows;
  for (const analyze::LossesAtSize& at : sizes)
    for (const Draws& draws : gather(run, analysis, at))
      rows += markdown_row({std::to_string(at.seq_len), draws.like.label,
                            std::to_string(draws.errors.size()),
                            median_cell(draws.errors, [](double x) { return number_words(x, 2); }),
                            median_cell(draws.times_s, record::format_time)});
  if (rows.empty()) return rows;
  return "\nSeries that differ in their seed alone, in the median over their seeds (least to "
         "most):\n\n" +
         markdown_header({"n", "series", "seeds", "relative error", "median time"}, 2) + rows;
}

}  // namespace attnbench::report
