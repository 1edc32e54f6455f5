// Makes text from records safe for terminals, CSV cells, Markdown and TeX.
#pragma once

#include <string>
#include <string_view>

namespace attnbench::report {

/// One line of valid UTF-8 that cannot control a terminal: control characters (C0, DEL, C1,
/// bidirectional overrides) and bytes that are not UTF-8 become \xNN.
std::string printable(std::string_view text);

/// Printable lines, each of which ends with a line feed.
std::string printable_lines(std::string_view text);

/// A printable CSV cell by RFC 4180. Text that a spreadsheet would run as a formula gets a
/// leading '.
std::string csv_text(std::string_view text);

/// Printable text that LaTeX and BibTeX typeset literally, whatever the fonts; also at the
/// beginning of a table's row. A character that pdfLaTeX knows only with further packages
/// becomes "U+6211".
std::string tex_text(std::string_view text);

/// Printable text that Markdown shows literally, also inside a table cell.
std::string markdown_text(std::string_view text);

}  // namespace attnbench::report
