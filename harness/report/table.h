// Tables for people: Markdown, and columns that line up on a terminal.
#pragma once

#include <string>
#include <vector>

namespace attnbench::report {

using Cells = std::vector<std::string>;

std::string markdown_row(const Cells& cells);

/// Header and rule; the first `left` columns are text, the others numbers.
std::string markdown_header(const Cells& names, size_t left);

/// All rows, the first of which is the header, padded to the widest cell of each column. Cells are
/// printable already; wide characters count two columns.
std::string aligned_table(const std::vector<Cells>& rows, size_t left);

}  // namespace attnbench::report
