// Tables for people: Markdown, and columns that line up on a terminal.
#pragma once

#include <string>
#include <vector>

namespace attnbench::report {

using Cells = std::vector<std::string>;

std::string markdown_row(const Cells& cells);

/// The header row and the rule below it. The first `left` columns are text, the others numbers.
std::string markdown_header(const Cells& names, size_t left);

/// All rows, padded to the widest cell of each column. The first row is the header. The cells must
/// be printable; a wide character counts as two columns.
std::string aligned_table(const std::vector<Cells>& rows, size_t left);

/// A name cut to `most` columns, with an ellipsis.
std::string shortened(const std::string& name, size_t most);

/// The columns that the widest line of the text takes.
size_t widest(const std::string& text);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace attnbench::report
