// Text from records made safe for the place it ends up in: terminals, CSV cells, Markdown.
#pragma once

#include <string>
#include <string_view>

namespace attnbench::report {

/// One line of valid UTF-8 that no terminal obeys: control characters (C0, DEL, C1, bidirectional
/// overrides) and bytes that are no UTF-8 appear as \xNN.
std::string printable(std::string_view text);

/// A CSV cell by RFC 4180, printable. Text that a spreadsheet would run as a formula gets a leading
/// '.
std::string csv_text(std::string_view text);

/// Printable text that Markdown shows as it is, also inside a table cell.
std::string markdown_text(std::string_view text);

}  // namespace attnbench::report
