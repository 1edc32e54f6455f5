// Escapes for terminals, CSV and Markdown.
#include "report/escape.h"

#include <cctype>
#include <cstdint>

#include "record/utf8.h"

namespace attnbench::report {
namespace {

/// Whether the character moves the cursor, ends the line or changes the writing direction.
bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& out, char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(c);
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Whether Markdown could read text[i] as markup. An underscore within a word is plain text, and so
/// is a bracket that starts no link.
bool is_markup(std::string_view text, size_t i) {
  const char next = i + 1 < text.size() ? text[i + 1] : ' ';
  switch (text[i]) {
    case '\\':
    case '`':
    case '*':
    case '<':
    case '>':
    case '|':
    case '~':
    case '&':
      return true;
    case '_':
      return i == 0 || !is_word(text[i - 1]) || !is_word(next);
    case ']':
      return next == '(' || next == '[' || next == ':';
    case '#':
    case '+':
    case '-':
    case '=':
      return i == 0;
    default:
      return false;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t decoded = record::decode_utf8(text, code);
    const size_t length = decoded == 0 ? 1 : decoded;
    for (const char c : text.substr(0, length)) {
      if (decoded == 0 || is_control(code))
        append_hex(out, c);
      else
        out += c;
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string csv_text(std::string_view text) {
  std::string cell = printable(text);
  if (!cell.empty() && std::string_view("=+-@").find(cell.front()) != std::string_view::npos)
    cell.insert(cell.begin(), '\'');
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string markdown_text(std::string_view text) {
  const std::string line = printable(text);
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    if (is_markup(line, i)) out += '\\';
    out += line[i];
  }
  return out;
}

}  // namespace attnbench::report
