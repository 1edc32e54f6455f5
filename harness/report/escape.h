// Makes text from records safe for terminals, CSV cells and Markdown.
#pragma once

#include <string>
#include <string_view>

namespace attnbench::report {

/// One line of valid UTF-8 that cannot control a terminal: control characters (C0, DEL, C1,
/// bidirectional overrides) and bytes that are not UTF-8 become \xNN.
std::string printable(std::string_view text);

/// A printable CSV cell by RFC 4180. Text that a spreadsheet would run as a formula gets a
/// leading '.
std::string csv_text(std::string_view text);

/// Printable text that Markdown shows literally, also inside a table cell.
std::string markdown_text(std::string_view text);

}  // namespace attnbench::report
