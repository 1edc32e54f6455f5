// Pads and escapes cells.
#include "report/table.h"

#include <algorithm>

#include "record/utf8.h"
#include "report/escape.h"

namespace attnbench::report {

std::string markdown_row(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line.append(" ").append(markdown_text(cell)).append(" |");
  return line + "\n";
}

std::string markdown_header(const Cells& names, size_t left) {
  std::string rule = "|";
  for (size_t i = 0; i < names.size(); ++i) rule += i < left ? " --- |" : " ---: |";
  return markdown_row(names) + rule + "\n";
}

std::string aligned_table(const std::vector<Cells>& rows, size_t left) {
  std::vector<size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], record::display_width(row[i]));
  }
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - record::display_width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i < left ? row[i] + pad : pad + row[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace attnbench::report
