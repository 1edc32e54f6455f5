// Fills the template of the two-run page.
#include "report/comparison_html.h"

#include <algorithm>

#include "analyze/case_stats.h"
#include "record/format.h"
#include "record/json.h"
#include "report/comparison_table.h"
#include "report/comparison_words.h"
#include "report/conclusion.h"
#include "report/escape.h"
#include "report/html_assets.h"
#include "report/html_data.h"
#include "report/html_parts.h"
#include "report/run_facts.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseDifference;
using record::Json;

constexpr size_t kCommitDigits = 12;

TemplateData facts_data(const CompareView& view) {
  TemplateData list(TemplateData::type::list);
  for (const Fact& fact : both_facts(view.base, view.fresh)) {
    TemplateData item("name", printable(fact.name));
    item.set("base", printable(fact.base));
    item.set("fresh", printable(fact.fresh));
    item.set("differs", flag(fact.differs));
    list.push_back(item);
  }
  return list;
}

void add_time(Columns& columns, const std::string& run, const std::optional<analyze::Summary>& s) {
  const bool has_interval = s && s->interval;
  columns.add(run + "_s", s ? Json(s->median) : Json());
  columns.add(run + "_low_s", has_interval ? Json(s->interval->low) : Json());
  columns.add(run + "_high_s", has_interval ? Json(s->interval->high) : Json());
}

/// The row of a case that only NEW has.
CaseDifference only_in_new() {
  CaseDifference d;
  d.verdict = analyze::Difference::kNotTimed;
  d.reason = "only in NEW";
  return d;
}

void add_difference(Columns& columns, const record::Case& plan, const CaseDifference& d,
                    size_t reason) {
  const bool has_interval = d.ratio && d.ratio->interval;
  columns.add("seq_len", plan.seq_len());
  columns.add("q_len", plan.problem.q_len);
  columns.add("outcome", analyze::verdict_name(d.verdict));
  columns.add("reason", reason);
  const analyze::Ratio as_fast = d.ratio ? inverse(*d.ratio) : analyze::Ratio{};
  columns.add("as_fast", d.ratio ? Json(as_fast.value) : Json());
  columns.add("as_fast_low", has_interval ? Json(as_fast.interval->low) : Json());
  columns.add("as_fast_high", has_interval ? Json(as_fast.interval->high) : Json());
  columns.add("p_adjusted", d.adjusted ? Json(*d.adjusted) : Json());
  add_time(columns, "base", d.base_s);
  add_time(columns, "new", d.fresh_s);
  std::string changes = changes_words(d);
  if (!d.changes.empty()) changes = defaults_words(d) + (changes.empty() ? "" : "; ") + changes;
  columns.add("changes", !changes.empty() ? changes : d.quantities.empty() ? "–" : "same");
  columns.add("samples", 0);
}

/// The comparison as data.js reads it: one row per case of NEW.
std::string comparison_data(const CompareView& view) {
  const record::Run& run = view.fresh;
  std::vector<CaseDifference> differences(run.cases.size(), only_in_new());
  for (const CaseDifference& d : view.comparison.cases) differences[d.fresh] = d;

  Json data = sweep_json(run, analyze::analyze(run));
  data["noise_floor"] = view.comparison.noise_floor;
  Json worst_first = Json::array();
  for (const ComparisonRow& row : comparison_rows(view).rows)
    worst_first.push_back(row.difference->fresh);
  data["worst_first"] = std::move(worst_first);
  Columns columns;
  Texts reasons;
  Json quantities = Json::array();
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const CaseDifference& d = differences[i];
    add_difference(columns, run.cases[i].plan, d, reasons.index(printable(d.reason)));
    Json words = Json::array();
    for (const analyze::Quantity& q : d.quantities) words.push_back(quantity_words(q));
    quantities.push_back(std::move(words));
  }
  data["cases"] = columns.take();
  data["reasons"] = reasons.take();
  data["quantities"] = std::move(quantities);
  return script_safe(data);
}

std::string started(const record::Run& run) {
  return printable(run.started_utc + " (" + run.build.git_commit.substr(0, kCommitDigits) + ")");
}

}  // namespace

std::string comparison_html(const CompareView& view) {
  std::vector<std::string> obstacles;
  for (const analyze::Obstacle& o : view.comparison.obstacles) obstacles.push_back(o.text);
  std::vector<std::string> findings = regression_lines(view);
  for (const auto& more : {verdict_lines(view), default_lines(view), difference_lines(view)})
    findings.insert(findings.end(), more.begin(), more.end());

  TemplateData page;
  add_head(page,
           view.base.name == view.fresh.name ? "Two runs of " + view.base.name
                                             : view.base.name + " and " + view.fresh.name,
           Scripts::kWith);
  page.set("base", printable(view.base.name));
  page.set("fresh", printable(view.fresh.name));
  page.set("base_started", started(view.base));
  page.set("fresh_started", started(view.fresh));
  page.set("obstacles", lines(obstacles));
  page.set("conclusion", conclusion_words(view));
  page.set("findings", lines(findings));
  page.set("method", lines(method_lines(view)));
  page.set("missing", lines(missing_lines(view)));
  page.set("facts", facts_data(view));
  page.set("script",
           std::string(kScriptBegin) + std::string(kComparisonScript) + std::string(kScriptEnd));
  page.set("data", comparison_data(view));
  return render(kComparisonTemplate, page);
}

}  // namespace attnbench::report
