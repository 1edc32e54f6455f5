// Files that people write, from the file to a JSON document: configs, studies, published tables.
#pragma once

#include <istream>
#include <string>

#include "config/problems.h"

namespace attnbench::config {

/// Throws ConfigError.
[[noreturn]] void refuse_file(const std::string& file, const std::string& what);

/// The text of a stream; of a longer one than a document may be, the beginning, which
/// parse_document refuses.
std::string read_text(std::istream& in);

/// The text of a file or a pipe. `expected` says what the file should be: "the file of a config".
/// Throws ConfigError.
std::string read_file(const std::string& path, const std::string& expected);

/// Comments are allowed. Throws ConfigError, with all of `problems`, if nothing more can be read;
/// what else is wrong with the text is added to `problems`.
Json parse_document(const std::string& text, const std::string& file, Problems& problems);

}  // namespace attnbench::config
