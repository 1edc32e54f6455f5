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

std::string shortened(const std::string& name, size_t most) {
  if (record::display_width(name) <= most) return name;
  std::string cut;
  for (size_t at = 0; at < name.size();) {
    uint32_t code = 0;
    const size_t bytes = std::max<size_t>(record::decode_utf8(name.substr(at), code), 1);
    const std::string next = cut + name.substr(at, bytes);
    if (record::display_width(next) >= most) break;
    cut = next;
    at += bytes;
  }
  return cut + "…";
}

size_t widest(const std::string& text) {
  size_t width = 0;
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    width = std::max(width, record::display_width(text.substr(at, end - at)));
  }
  return width;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text, at, end - at);
  }
  return lines;
}

}  // namespace attnbench::report
