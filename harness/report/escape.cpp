// Escapes for terminals, CSV, Markdown and TeX.
#include "report/escape.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>

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

struct TexCharacter {
  uint32_t code;
  const char* tex;
};

constexpr TexCharacter kTexCharacters[] = {
    {'\\', "\\textbackslash{}"},
    {'{', "\\textbraceleft{}"},
    {'}', "\\textbraceright{}"},
    {'&', "\\&"},
    {'%', "\\%"},
    {'$', "\\$"},
    {'#', "\\#"},
    {'_', "\\_"},
    {'~', "\\textasciitilde{}"},
    {'^', "\\textasciicircum{}"},
    {'<', "\\textless{}"},
    {'>', "\\textgreater{}"},
    {'|', "\\textbar{}"},
    {'`', "\\textasciigrave{}"},
    {0xB5, "\\ensuremath{\\mu}"},
    {0xB7, "\\ensuremath{\\cdot}"},
    {0xD7, "\\ensuremath{\\times}"},
    {0xB2, "\\ensuremath{^2}"},
    {0xB3, "\\ensuremath{^3}"},
    {0xA7, "\\S{}"},
    {0xA9, "\\copyright{}"},
    {0xAE, "\\textregistered{}"},
    {0xB0, "\\ensuremath{^\\circ}"},
    {0xB1, "\\ensuremath{\\pm}"},
    {0x3BC, "\\ensuremath{\\mu}"},
    {0x2013, "--"},
    {0x2014, "---"},
    {0x2018, "`"},
    {0x2019, "{'}"},
    {0x201C, "``"},
    {0x201D, "{''}"},
    {0x2026, "\\dots{}"},
    {0x2122, "\\texttrademark{}"},
    {0x2212, "\\ensuremath{-}"},
    {0x221A, "\\ensuremath{\\surd}"},
    {0x2264, "\\ensuremath{\\le}"},
    {0x2265, "\\ensuremath{\\ge}"},
};

/// Whether TeX would join the character with what is before it: "--" is a dash, and after the end
/// of a row "[" or "*" is an argument.
bool joins(uint32_t code, uint32_t before) {
  if (before == 0) return code == '[' || code == '*';
  return code == before && (code == '-' || code == '\'');
}

std::string tex_character(uint32_t code, std::string_view bytes) {
  for (const TexCharacter& c : kTexCharacters)
    if (c.code == code) return c.tex;
  const bool is_ascii = code < 0x80;
  const bool is_latin_letter = code >= 0xC0 && code < 0x180;
  if (is_ascii || is_latin_letter) return std::string(bytes);
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(code));
  return text;
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

std::string printable_lines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
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

std::string tex_text(std::string_view text) {
  const std::string line = printable(text);
  std::string out;
  uint32_t before = 0;
  for (std::string_view rest = line; !rest.empty();) {
    uint32_t code = 0;
    const size_t length = record::decode_utf8(rest, code);
    const bool opens = before == 0 || before == ' ' || before == '(';
    const std::string character =
        code == '"' ? opens ? "``" : "''" : tex_character(code, rest.substr(0, length));
    out += joins(code, before) ? "{" + character + "}" : character;
    before = code;
    rest.remove_prefix(length);
  }
  return out;
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
