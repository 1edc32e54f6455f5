// Writes a comparison as a terminal's table, Markdown, CSV and JSON.
#include "report/comparison.h"

#include "record/format.h"
#include "record/json.h"
#include "report/comparison_table.h"
#include "report/comparison_words.h"
#include "report/conclusion.h"
#include "report/csv_row.h"
#include "report/escape.h"
#include "report/run_facts.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseDifference;
using analyze::Difference;
using analyze::Quantity;
using record::Json;

const Cells kHeader{"verdict", "as fast", "BASE", "NEW", "p (Holm)", "case", "notes"};

Cells cells_of(const ComparisonRow& row) {
  const CaseDifference& d = *row.difference;
  std::string notes;
  for (const std::string& note : row.notes) notes += (notes.empty() ? "" : "; ") + note;
  if (d.verdict == Difference::kCannotTell) notes = d.reason + (notes.empty() ? "" : "; ") + notes;
  return {row.verdict,
          row.as_fast,
          row.base,
          row.fresh,
          d.adjusted ? record::format_number(*d.adjusted, 2) : "–",
          row.name,
          printable(notes)};
}

Json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json pool_json(const analyze::Pool& pool) {
  const auto& interval = pool.ratio.interval;
  return {{"variant", pool.variant.empty() ? Json(nullptr) : Json(pool.variant)},
          {"cases", pool.cases},
          {"verdict", analyze::verdict_name(pool.verdict)},
          {"reason", pool.reason},
          {"ratio", number(pool.ratio.value)},
          {"ratio_low", interval ? number(interval->low) : Json(nullptr)},
          {"ratio_high", interval ? number(interval->high) : Json(nullptr)},
          {"p", number(pool.p)},
          {"p_adjusted", number(pool.adjusted)}};
}

Json case_json(const CompareView& view, const CaseDifference& d) {
  Json j = Json::object();
  const record::Case& plan = view.fresh.cases[d.fresh].plan;
  j["case"] = record::describe_case(plan);
  j["base_case"] = d.base;
  j["new_case"] = d.fresh;
  j["verdict"] = analyze::verdict_name(d.verdict);
  j["reason"] = d.reason;
  j["base_s"] = number(d.base_s ? std::optional(d.base_s->median) : std::nullopt);
  j["new_s"] = number(d.fresh_s ? std::optional(d.fresh_s->median) : std::nullopt);
  j["ratio"] = number(d.ratio ? std::optional(d.ratio->value) : std::nullopt);
  const bool has_interval = d.ratio && d.ratio->interval;
  j["ratio_low"] = has_interval ? number(d.ratio->interval->low) : Json(nullptr);
  j["ratio_high"] = has_interval ? number(d.ratio->interval->high) : Json(nullptr);
  j["p"] = number(d.p);
  j["p_adjusted"] = number(d.adjusted);
  Json quantities = Json::array();
  for (const Quantity& q : d.quantities)
    quantities.push_back({{"name", q.name},
                          {"base", number(q.base)},
                          {"new", number(q.fresh)},
                          {"change", change_name(q.change)}});
  j["quantities"] = std::move(quantities);
  j["changed_defaults"] = Json::array();
  for (const analyze::ParamChange& c : d.changes)
    j["changed_defaults"].push_back({{"name", c.name}, {"base", c.base}, {"new", c.fresh}});
  j["regressed"] = d.regressed();
  return j;
}

Json names(const record::Run& run, const std::vector<int>& cases) {
  Json list = Json::array();
  for (const int c : cases) list.push_back(record::describe_case(run.cases[c].plan));
  return list;
}

constexpr char kColumns[] =
    "verdict,reason,base_s,new_s,ratio,ratio_low,ratio_high,p,p_adjusted,base_workspace_bytes,"
    "new_workspace_bytes,workspace,base_saved_bytes,new_saved_bytes,saved,base_heap_peak_bytes,new_"
    "heap_peak_bytes,heap_peak,"
    "base_resident_peak_bytes,new_resident_peak_bytes,resident_peak,base_error_over_bound,"
    "new_error_over_bound,error,base_distance,new_distance,distance,regressed,changed_defaults\n";

}  // namespace

std::string comparison_text(const CompareView& view, const Screen& screen) {
  Lines lines(screen);
  const bool good = analyze::judge_gate(view.comparison, view.rules) == analyze::GateResult::kPass;
  lines.sentence(conclusion_words(view), good ? kBold : kRed);
  lines.gap();
  const ComparisonRows rows = comparison_rows(view);
  if (!rows.rows.empty()) {
    if (!rows.shared.empty()) lines.sentence(rows.shared);
    add_table(lines, rows, screen);
    lines.gap();
  }
  for (const std::string& line : summary_lines(view)) lines.sentence(line);
  return std::move(lines).text();
}

std::string comparison_md(const CompareView& view) {
  const ComparisonRows rows = comparison_rows(view);
  std::string text = "**" + markdown_text(conclusion_words(view)) + "**\n\n";
  if (!rows.shared.empty()) text += markdown_text("All cases: " + rows.shared + ".") + "\n\n";
  text += markdown_header(kHeader, 2);
  for (const ComparisonRow& row : rows.rows) text += markdown_row(cells_of(row));
  text += "\n";
  for (const std::string& line : summary_lines(view)) text += "- " + markdown_text(line) + "\n";
  return text;
}

std::string comparison_csv(const CompareView& view) {
  std::string out = identity_columns() + kColumns;
  CsvRow row(out);
  const auto median = [](const std::optional<analyze::Summary>& s) {
    return s ? std::optional(s->median) : std::nullopt;
  };
  const auto end_row = [&](const CaseDifference& d) {
    row.number(median(d.base_s));
    row.number(median(d.fresh_s));
    row.number(d.ratio ? std::optional(d.ratio->value) : std::nullopt);
    row.interval(d.ratio ? d.ratio->interval : std::nullopt);
    row.number(d.p);
    row.number(d.adjusted);
    constexpr size_t kQuantities = 6;
    for (size_t i = 0; i < kQuantities; ++i) {
      const bool known = i < d.quantities.size();
      row.number(known ? d.quantities[i].base : std::nullopt);
      row.number(known ? d.quantities[i].fresh : std::nullopt);
      known ? row.text(change_name(d.quantities[i].change)) : row.missing();
    }
    row.text(d.regressed() ? "true" : "false");
    row.text(defaults_words(d));
    row.end();
  };
  const auto list = [&](const record::Run& run, const std::vector<int>& cases, const char* what) {
    for (const int c : cases) {
      add_identity(row, run.cases[c].plan);
      row.text(what);
      row.text(run.cases[c].plan.reason);
      end_row({});
    }
  };
  for (const CaseDifference& d : view.comparison.cases) {
    add_identity(row, view.fresh.cases[d.fresh].plan);
    row.text(analyze::verdict_name(d.verdict));
    row.text(d.reason);
    end_row(d);
  }
  // No row for pools: a reader who counts or sums rows would take their cases twice.
  list(view.base, view.comparison.only_base, "only in BASE");
  list(view.fresh, view.comparison.only_fresh, "only in NEW");
  return out;
}

std::string comparison_json(const CompareView& view) {
  Json j = Json::object();
  const analyze::Comparison& c = view.comparison;
  j["base_runs"] = c.base_runs;
  j["new_runs"] = c.fresh_runs;
  j["interleaved"] = c.pairing == analyze::Pairing::kInterleaved;
  j["tolerance"] = c.options.tolerance;
  j["noise_floor"] = c.options.noise_floor;
  const bool allows_drift = c.pairing == analyze::Pairing::kSinglePair;
  j["drift"] = allows_drift ? Json(analyze::drift_ratio(c.options.drift_or_default())) : Json();
  j["noise_floor_source"] = view.floor_source;
  j["false_alarms"] = analyze::kFalseAlarms;
  j["result"] = analyze::gate_name(analyze::judge_gate(view.comparison, view.rules));
  j["conclusion"] = conclusion_words(view);
  j["regressions"] = view.comparison.regressions();
  j["without_verdict"] = view.comparison.count(Difference::kCannotTell);
  j["obstacles"] = Json::array();
  for (const analyze::Obstacle& o : view.comparison.obstacles)
    j["obstacles"].push_back({{"kind", o.kind}, {"text", o.text}});
  j["differences"] = Json::array();
  for (const Fact& f : differing_facts(view.base, view.fresh))
    j["differences"].push_back({{"name", f.name}, {"base", f.base}, {"new", f.fresh}});
  j["only_base"] = names(view.base, view.comparison.only_base);
  j["only_new"] = names(view.fresh, view.comparison.only_fresh);
  j["uneven"] = c.uneven;
  j["cases"] = Json::array();
  for (const CaseDifference& d : view.comparison.cases) j["cases"].push_back(case_json(view, d));
  j["pools"] = Json::array();
  for (const analyze::Pool& pool : view.comparison.pools) j["pools"].push_back(pool_json(pool));
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace attnbench::report
