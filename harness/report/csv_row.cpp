// Numbers and cases as CSV cells.
#include "report/csv_row.h"

#include <array>
#include <charconv>

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

std::string shortest(double value) {
  std::array<char, 32> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

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
  row.integer(plan.threads);
}

}  // namespace attnbench::report
