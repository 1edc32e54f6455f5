// Numbers and cases as CSV cells.
#include "report/csv_row.h"

namespace attnbench::report {
namespace {

std::string params_text(const record::Case& plan) {
  std::string text;
  for (const auto& [name, value] : plan.params) {
    if (!text.empty()) text += ';';
    text += name + '=' + std::to_string(value);
  }
  return text;
}

}  // namespace

void add_identity(CsvRow& row, const record::Case& plan) {
  const Problem& p = plan.problem;
  row.integer(plan.id);
  row.text(plan.variant);
  row.text(plan.label);
  row.text(plan.kind);
  row.text(params_text(plan));
  for (const int64_t axis :
       {p.batch, p.heads, p.kv_heads, plan.seq_len(), p.q_len, p.kv_len, p.head_dim})
    row.integer(axis);
  row.text(p.causal ? "true" : "false");
  row.number(score_scale(p));
  row.number(p.softcap);
  row.text(p.alibi ? "true" : "false");
  row.integer(plan.threads);
}

}  // namespace attnbench::report
