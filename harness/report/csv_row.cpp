// Numbers and cases as CSV cells.
#include "report/csv_row.h"

#include "record/axes.h"

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

void add_axis(CsvRow& row, const record::Axis& axis, const record::Case& plan) {
  if (axis.resolved != nullptr)
    row.number(axis.resolved(plan));
  else if (axis.type() == record::AxisType::kNumber)
    row.number(std::get<double>(axis.get(plan)));
  else if (axis.type() == record::AxisType::kInteger)
    row.integer(std::get<int64_t>(axis.get(plan)));
  else
    row.text(value_text(axis, axis.get(plan)));
}

}  // namespace

std::string identity_columns() {
  std::string columns = "case_id,variant,label,kind,params,";
  for (const record::Axis& axis : record::axes()) columns.append(axis.name).append(",");
  return columns;
}

void add_identity(CsvRow& row, const record::Case& plan) {
  row.integer(plan.id);
  row.text(plan.variant);
  row.text(plan.label);
  row.text(plan.kind);
  row.text(params_text(plan));
  for (const record::Axis& axis : record::axes()) add_axis(row, axis, plan);
}

}  // namespace attnbench::report
