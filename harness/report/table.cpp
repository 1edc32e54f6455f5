// Pads and escapes cells.
#include "report/table.h"

#include <algorithm>

#include "report/escape.h"

namespace attnbench::report {
namespace {

size_t width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // no continuation byte
  }));
}

}  // namespace

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
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i < left ? row[i] + pad : pad + row[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace attnbench::report
