// Parses JSON text, and reports what lenient parsers accept silently.
#pragma once

#include <string>
#include <string_view>

#include "config/problems.h"

namespace attnbench::config {

inline constexpr int kMostNesting = 64;

/// What is wrong in a text, and where.
struct TextProblem {
  std::string pointer;
  std::string what;
};

struct Parsed {
  Json value;                ///< An integer beyond 64 bits is a float.
  std::string syntax_error;  ///< With line and column; empty if the text is JSON.
  std::vector<TextProblem>
      problems;          ///< Duplicate keys, nesting too deep, numbers beyond a double.
  bool stopped = false;  ///< A problem ended the parsing early: `value` is not whole.
};

enum class Comments : bool { kRefused, kAllowed };

/// Comments, where allowed, are // to the end of the line and /* to */.
Parsed parse_json(std::string_view text, Comments comments);

}  // namespace attnbench::config
