// Writes series that differ in their seed alone as one row.
#include "report/seed_table.h"

#include "analyze/draws.h"
#include "analyze/statistics.h"
#include "record/format.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

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
  for (const analyze::LossesAtSize& at : sizes) {
    std::vector<int> cases;
    for (const analyze::Loss& loss : at.cases) cases.push_back(loss.index);
    for (const analyze::Draws& draws : analyze::gather_draws(run, cases)) {
      if (draws.cases.size() < 2) continue;
      std::vector<double> errors, times_s;
      for (const int index : draws.cases) {
        errors.push_back(*analyze::relative_error(run.cases[index]));
        times_s.push_back(analysis.cases[index].time_s->median);
      }
      rows += markdown_row({std::to_string(at.seq_len), draws.like.label,
                            std::to_string(draws.cases.size()),
                            median_cell(errors, [](double x) { return number_words(x, 2); }),
                            median_cell(times_s, record::format_time)});
    }
  }
  if (rows.empty()) return rows;
  return "\nSeries that differ in their seed alone, in the median over their seeds (least to "
         "most):\n\n" +
         markdown_header({"n", "series", "seeds", "relative error", "median time"}, 2) + rows;
}

}  // namespace attnbench::report
