// Draws patterns. The keys of a span in a cell are counted by arithmetic, not one by one.
#include "plan/pattern.h"

#include <algorithm>
#include <tuple>

#include "plan/pictures.h"
#include "record/axes.h"

namespace attnbench::plan {
namespace {

using record::Case;
using record::CaseRecord;
using record::CellAxis;

/// Each query is asked what it sees: with more of them, a picture takes longer than it is worth.
constexpr int64_t kMostQueries = int64_t{1} << 16;

/// Adds the spans of one query to a row of cells. If a faulty variant states keys that do not
/// exist, or keys twice, they are not drawn: it is the conformance suite that reports them.
class CellCounter final : public KeySpans {
 public:
  explicit CellCounter(const CellAxis& columns) : columns_(columns) {}

  void add(const KeySpan& span) noexcept override {
    if (span.step < 1 || span.begin < 0 || span.begin >= columns_.length) return;
    int64_t cell = ((span.begin + 1) * columns_.cells - 1) / columns_.length;
    int64_t before = 0;
    for (; cell < columns_.cells && columns_.begin(cell) < span.end; ++cell) {
      const int64_t end = std::min(span.end, columns_.begin(cell + 1));
      const int64_t until = registry::key_count({span.begin, end, span.step});
      row_[cell] += until - before;
      before = until;
    }
  }

  void start(int64_t* row) { row_ = row; }

 private:
  const CellAxis columns_;
  int64_t* row_ = nullptr;
};

}  // namespace

std::vector<int64_t> count_cells(const Exact& variant, const Call& call, const CellAxis& rows,
                                 const CellAxis& columns) {
  std::vector<int64_t> counts(static_cast<size_t>(rows.cells * columns.cells));
  CellCounter counter(columns);
  for (int64_t row = 0; row < rows.cells; ++row) {
    int64_t* const cells = counts.data() + row * columns.cells;
    counter.start(cells);
    for (int64_t query = rows.begin(row); query < rows.begin(row + 1); ++query)
      variant.visible_keys(call, query, counter);
    for (int64_t column = 0; column < columns.cells; ++column)
      cells[column] = std::min(cells[column], rows.size(row) * columns.size(column));
  }
  return counts;
}

std::string visible_pairs(const Exact& variant, const Call& call) {
  const Problem& p = call.problem;
  std::string visible;
  for (const int64_t count : count_cells(variant, call, {p.q_len, p.q_len}, {p.kv_len, p.kv_len}))
    visible += count > 0 ? '1' : '0';
  return visible;
}

std::string undrawn_reason(const Variant& variant) {
  if (variant.exact() != nullptr) return {};
  if (variant.selective() != nullptr)
    return "the data decide which keys a query sees, so that without inputs there is no pattern";
  if (variant.deciding() != nullptr)
    return "its output is a definition given what the data decide, such as clusters, and no "
           "softmax over a set of keys";
  return "its output is a definition of its own, such as a recurrence or a sum of features, and no "
         "softmax over a set of keys";
}

std::vector<record::Undrawn> undrawn_variants(const std::vector<CaseRecord>& cases,
                                              const registry::Catalogue& catalogue) {
  const auto key = [](const Case& c) { return std::tuple(c.variant, c.label, c.params); };
  const auto patternless = [&](const Case& c) {
    return catalogue.find(c.variant)->variant->exact() == nullptr;
  };
  std::vector<record::Undrawn> undrawn;
  for (const int id : longest_of_each(cases, key, patternless))
    undrawn.push_back(
        {id,
         undrawn_reason(*catalogue.find(cases[static_cast<size_t>(id)].plan.variant)->variant)});
  return undrawn;
}

std::vector<record::Pattern> draw_patterns(const std::vector<CaseRecord>& cases,
                                           const registry::Catalogue& catalogue) {
  const auto key = [](const Case& c) {
    return std::tuple(c.variant, c.label, c.params, series_values_of(c, record::changes_keys));
  };
  const auto drawable = [&](const Case& c) {
    return c.problem.q_len <= kMostQueries &&
           catalogue.find(c.variant)->variant->exact() != nullptr;
  };
  std::vector<record::Pattern> patterns;
  for (const int id : longest_of_each(cases, key, drawable)) {
    const Case& c = cases[static_cast<size_t>(id)].plan;
    const registry::Entry& entry = *catalogue.find(c.variant);
    const std::vector<int64_t> params = registry::param_values(entry, c.params);
    patterns.push_back(
        {id, count_cells(*entry.variant->exact(),
                         {c.problem, params.data(), c.threads, registry::view(c.list.get())},
                         record::pattern_axis(c.problem.q_len),
                         record::pattern_axis(c.problem.kv_len))});
  }
  return patterns;
}

}  // namespace attnbench::plan
