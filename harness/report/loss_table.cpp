// Writes the section "What is lost".
#include "report/loss_table.h"

#include <map>
#include <set>

#include "analyze/losses.h"
#include "record/format.h"
#include "report/escape.h"
#include "report/loss_words.h"
#include "report/seed_table.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string number_cell(const std::optional<double>& value, int digits) {
  return value ? number_words(*value, digits) : "–";
}

/// No head is the worst if none loses anything.
std::string worst_head_cell(const record::Quality& quality) {
  if (!quality.worst_head || quality.worst_head_error == 0) return "–";
  return number_cell(quality.worst_head_error, 2) + " (head " +
         std::to_string(*quality.worst_head) + ")";
}

std::string loss_row(const record::Run& run, const analyze::Analysis& analysis,
                     const analyze::LossesAtSize& at, const analyze::Loss& loss) {
  const record::CaseRecord& c = run.cases[loss.index];
  const record::Quality& quality = *c.quality;
  const std::string speed = loss.index == at.reference ? "reference"
                            : loss.speedup             ? ratio_words(*loss.speedup)
                                                       : "–";
  return markdown_row(
      {std::to_string(at.seq_len), c.plan.label + (quality.untrained ? " (untrained)" : ""),
       time_words(*analysis.cases[loss.index].time_s), speed,
       number_cell(quality.relative_error, 2), worst_head_cell(quality),
       number_cell(quality.cosine, 3), quality.mass_recall ? mass_words(*quality.mass_recall) : "–",
       loss.on_front ? "yes" : ""});
}

std::string group_table(const record::Run& run, const analyze::Analysis& analysis,
                        const analyze::Group& group) {
  const std::vector<analyze::LossesAtSize> sizes = analyze::find_losses(run, analysis, group);
  if (sizes.empty()) return {};
  std::set<std::string> references;
  for (const analyze::LossesAtSize& at : sizes)
    if (at.reference) references.insert(run.cases[*at.reference].plan.label);
  const record::Case& first = run.cases[sizes.front().cases.front().index].plan;
  std::string text = "\n### " + markdown_text(record::describe_problem(first)) + "\n\n" +
                     markdown_header({"n", "series", "median [95 %]",
                                      references.size() == 1 ? "as fast as " + *references.begin()
                                                             : "as fast as the reference",
                                      "relative error", "worst head", "cosine",
                                      "attention mass kept", "on the Pareto front"},
                                     2);
  for (const analyze::LossesAtSize& at : sizes)
    for (const analyze::Loss& loss : at.cases) text += loss_row(run, analysis, at, loss);
  return text + seed_table_md(run, analysis, sizes);
}

/// "- prefix_lm: it shows ..." for each label and reason.
std::string reasons_md(const record::Run& run) {
  std::set<std::pair<std::string, std::string>> told;
  std::string text;
  for (const record::CaseRecord& c : run.cases)
    if (c.quality && !c.quality->reason.empty() &&
        told.insert({c.plan.label, c.quality->reason}).second)
      text += "- " +
              markdown_text(c.plan.label +
                            ": no distance from full attention: " + c.quality->reason + ".") +
              "\n";
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string loss_tables_md(const record::Run& run, const analyze::Analysis& analysis) {
  std::string tables;
  for (const analyze::Group& group : analysis.groups) tables += group_table(run, analysis, group);
  if (tables.empty()) return {};
  const std::string warning = misleading_words(run, lossy_cases(run));
  std::string text = "\n## What is lost\n\n";
  text += markdown_text(
      "The distance of each definition from full attention on this run's inputs, in double, beside "
      "its time; the fastest first. A case is on the Pareto front if, by medians, no other of its "
      "length is both as fast and as near.");
  text += "\n";
  if (!warning.empty()) text.append("\n").append(markdown_text(warning)).append("\n");
  return text.append(tables).append(reasons_md(run));
}

}  // namespace attnbench::report
