// Writes tables of cases for papers.
#include "report/paper_table.h"

#include <algorithm>
#include <cmath>

#include "record/format.h"
#include "report/caption.h"
#include "report/csv_row.h"
#include "report/escape.h"
#include "report/table.h"

namespace attnbench::report {
namespace {

/// A column's unit: values are divided by `size`.
struct Unit {
  double size = 1;
  const char* tex = "";
};
constexpr Unit kTimeUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "\\ensuremath{\\mu}s"}, {1e-9, "ns"}};
constexpr Unit kByteUnits[] = {
    {0x1p40, "TiB"}, {0x1p30, "GiB"}, {0x1p20, "MiB"}, {0x1p10, "KiB"}, {1, "B"}};

ChartPoint value_of(const PaperTable& table, const Quantity& quantity, int i) {
  return chart_point(quantity, table.x, table.run->cases[i], table.analysis->cases[i]);
}

std::vector<int> cases_of(const PaperTable& table) {
  std::vector<int> cases;
  for (const ChartLine& line : table.lines)
    cases.insert(cases.end(), line.cases.begin(), line.cases.end());
  return cases;
}

/// The largest unit in which no value is below `least`.
template <size_t N>
Unit unit_of(std::vector<double> values, const Unit (&units)[N], double least) {
  std::erase_if(values, [](double v) { return !(v > 0); });
  const auto smallest = std::min_element(values.begin(), values.end());
  for (const Unit& unit : units)
    if (smallest != values.end() && *smallest >= least * unit.size) return unit;
  return units[N - 1];
}

/// One quantity in LaTeX: a column of numbers that siunitx aligns, and one of intervals.
struct TexColumn {
  const Quantity* quantity = nullptr;
  Unit unit;
  bool has_intervals = false;
  int whole_digits = 1, decimals = 0;  ///< The most that a number of the column has.

  std::string number(double value) const {
    const bool exact = quantity->format == Format::kBytes;
    const double scaled = value / unit.size;
    return exact && scaled == std::floor(scaled) && std::abs(scaled) < 1e6
               ? record::format_fixed(scaled, 0)
               : record::format_number(scaled, quantity->digits);
  }
};

void widen(TexColumn& column, const std::string& number) {
  const size_t exponent = number.find('e');
  const std::string digits = number.substr(0, exponent);
  const size_t point = std::min(digits.find('.'), digits.size());
  column.whole_digits = std::max(column.whole_digits, static_cast<int>(point));
  if (point < digits.size())
    column.decimals = std::max(column.decimals, static_cast<int>(digits.size() - point - 1));
}

TexColumn tex_column(const PaperTable& table, const Quantity& quantity) {
  TexColumn column{&quantity, {}, false, 1, 0};
  std::vector<double> values;
  for (const int i : cases_of(table)) {
    const ChartPoint p = value_of(table, quantity, i);
    if (!p.y) continue;
    values.push_back(*p.y);
    column.has_intervals = column.has_intervals || (p.low && p.high);
  }
  if (quantity.format == Format::kTime) column.unit = unit_of(values, kTimeUnits, 0.1);
  if (quantity.format == Format::kBytes) column.unit = unit_of(values, kByteUnits, 0.01);
  for (const double value : values) widen(column, column.number(value));
  return column;
}

/// Whether the numbers are written with exponents, which siunitx typesets as powers of ten.
bool has_exponents(const PaperTable& table, const TexColumn& column) {
  const std::vector<int> cases = cases_of(table);
  return std::any_of(cases.begin(), cases.end(), [&](int i) {
    const ChartPoint p = value_of(table, *column.quantity, i);
    return p.y && column.number(*p.y).find('e') != std::string::npos;
  });
}

std::string tex_column_type(const PaperTable& table, const TexColumn& column) {
  std::string type = " S[table-format=" + std::to_string(column.whole_digits) + "." +
                     std::to_string(column.decimals) + (has_exponents(table, column) ? "e-2" : "") +
                     "]";
  return type + (column.has_intervals ? " @{\\ } l" : "");
}

std::string tex_head(const PaperTable& table, const TexColumn& column) {
  const std::string baseline = baseline_label(*table.run, *table.analysis);
  std::string words = tex_text(quantity_label(*column.quantity, baseline));
  if (column.unit.tex[0] != '\0') words += std::string(" (") + column.unit.tex + ")";
  return column.has_intervals ? " & \\multicolumn{2}{c}{" + words + "}" : " & {" + words + "}";
}

/// "[1.66, 1.72]", or the range "(1.66 to 1.72)" if there is no interval.
std::string tex_interval(const PaperTable& table, const TexColumn& column, const ChartPoint& p,
                         int i) {
  if (!p.low || !p.high) return {};
  const std::string low = column.number(*p.low), high = column.number(*p.high);
  const bool is_interval =
      has_interval(*column.quantity, table.run->cases[i], table.analysis->cases[i]);
  return is_interval ? "[" + low + ", " + high + "]" : "(" + low + " to " + high + ")";
}

std::string tex_cells(const PaperTable& table, const std::vector<TexColumn>& columns, int i) {
  const record::Case& plan = table.run->cases[i].plan;
  std::string cells;
  bool told = plan.outcome == record::Outcome::kOk;
  for (const TexColumn& column : columns) {
    const ChartPoint p = value_of(table, *column.quantity, i);
    if (p.y) {
      cells += " & " + column.number(*p.y);
    } else {
      cells += std::string(" & {") + (told ? "--" : record::outcome_name(plan.outcome)) + "}";
      told = true;
    }
    if (column.has_intervals) cells += " & " + tex_interval(table, column, p, i);
  }
  return cells;
}

std::string tex_rows(const PaperTable& table, const std::vector<TexColumn>& columns) {
  std::string rows;
  for (size_t l = 0; l < table.lines.size(); ++l) {
    const ChartLine& line = table.lines[l];
    if (l > 0 && table.lines[l - 1].cases.size() + line.cases.size() > 2)
      rows += "    \\addlinespace\n";
    for (size_t k = 0; k < line.cases.size(); ++k)
      rows += "    " + (k == 0 ? tex_text(line.name) : std::string()) + " & " +
              record::shortest(*table.x.of(table.run->cases[line.cases[k]].plan)) +
              tex_cells(table, columns, line.cases[k]) + " \\\\\n";
  }
  return rows;
}

std::string x_head(const ChartX& x) {
  return x.name == "seq_len" ? "n" : x.name;
}

}  // namespace

std::vector<const Quantity*> usual_columns(const record::Run& run,
                                           const analyze::Analysis& analysis) {
  std::vector<const Quantity*> columns;
  for (const char* name : {"time_median_s", "speedup", "workspace_bytes"}) {
    const Quantity* const quantity = find_quantity(name);
    for (size_t i = 0; i < run.cases.size(); ++i)
      if (!std::holds_alternative<std::monostate>(quantity->of(run.cases[i], analysis.cases[i]))) {
        columns.push_back(quantity);
        break;
      }
  }
  return columns;
}

PaperTable make_paper_table(const record::Run& run, const analyze::Analysis& analysis,
                            const ChartX& x, std::vector<const Quantity*> columns) {
  PaperTable table{&run, &analysis, x, std::move(columns), {}, {}, {}};
  table.lines = chart_lines(run, x, table.shared);
  table.caption = table_caption(run, analysis, cases_of(table), table.columns, table.shared);
  return table;
}

std::string paper_table_tex(const PaperTable& table, const std::string& name) {
  std::vector<TexColumn> columns;
  for (const Quantity* const quantity : table.columns)
    columns.push_back(tex_column(table, *quantity));
  std::string types = "l r", heads = "series & {" + tex_text(x_head(table.x)) + "}";
  for (const TexColumn& column : columns) {
    types += tex_column_type(table, column);
    heads += tex_head(table, column);
  }
  return "% Needs \\usepackage{booktabs} and \\usepackage{siunitx}.\n"
         "\\begin{table}\n  \\centering\n  \\caption{" +
         tex_text(table.caption) + "}\n  \\label{tab:" + name +
         "}\n  \\small\n  \\begin{tabular}{" + types + "}\n    \\toprule\n    " + heads +
         " \\\\\n    \\midrule\n" + tex_rows(table, columns) +
         "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n";
}

std::string paper_table_md(const PaperTable& table) {
  Cells heads{"series", x_head(table.x)};
  const std::string baseline = baseline_label(*table.run, *table.analysis);
  for (const Quantity* const q : table.columns) heads.push_back(quantity_label(*q, baseline));
  std::string text = markdown_text(table.caption) + "\n\n" + markdown_header(heads, 1);
  for (const ChartLine& line : table.lines)
    for (const int i : line.cases) {
      const record::CaseRecord& c = table.run->cases[i];
      Cells cells{line.name, record::shortest(*table.x.of(c.plan))};
      bool told = c.plan.outcome == record::Outcome::kOk;
      for (const Quantity* const q : table.columns) {
        const bool lacks = !value_of(table, *q, i).y;
        cells.push_back(lacks && !told ? record::outcome_name(c.plan.outcome)
                                       : quantity_words(*q, c, table.analysis->cases[i]));
        told = told || lacks;
      }
      text += markdown_row(cells);
    }
  return text;
}

std::string paper_table_csv(const PaperTable& table) {
  std::vector<const Quantity*> columns;
  for (const Quantity* const quantity : table.columns)
    for (const char* const name : {quantity->name, quantity->low, quantity->high})
      if (const Quantity* const q = name != nullptr ? find_quantity(name) : nullptr;
          q != nullptr && std::find(columns.begin(), columns.end(), q) == columns.end())
        columns.push_back(q);
  std::string text =
      "# " + printable(table.caption) + "\n" + "series," + x_head(table.x) + ",outcome";
  for (const Quantity* const quantity : columns) text.append(",").append(quantity->name);
  text += "\n";
  CsvRow row(text);
  for (const ChartLine& line : table.lines)
    for (const int i : line.cases) {
      const record::CaseRecord& c = table.run->cases[i];
      row.text(line.name);
      row.number(table.x.of(c.plan));
      row.text(record::outcome_name(c.plan.outcome));
      for (const Quantity* const quantity : columns) row.number(value_of(table, *quantity, i).y);
      row.end();
    }
  return text;
}

std::string figure_tex(const std::string& picture_file, const std::string& caption,
                       const std::string& name) {
  const bool is_svg = picture_file.ends_with(".svg");
  const std::string package = is_svg ? "svg" : "graphicx";
  return "% Needs \\usepackage{" + package + "}.\n\\begin{figure}\n  \\centering\n  \\include" +
         (is_svg ? "svg{" : "graphics{") + picture_file + "}\n  \\caption{" + tex_text(caption) +
         "}\n  \\label{fig:" + name + "}\n\\end{figure}\n";
}

}  // namespace attnbench::report
