// JSON text to a document, with the traps of lenient readers closed.
#pragma once

#include <string>
#include <string_view>

#include "config/problems.h"

namespace attnbench::config {

inline constexpr int kMostNesting = 64;

/// A problem inside a text: where, and what.
struct TextProblem {
  std::string pointer;
  std::string what;
};

struct Parsed {
  Json value;                ///< Integers stay integers; what overflows them is a float.
  std::string syntax_error;  ///< With line and column; empty where the text is JSON.
  std::vector<TextProblem>
      problems;          ///< Duplicate keys, nesting too deep, numbers beyond a double.
  bool stopped = false;  ///< One of the problems ended the reading before its time.
};

enum class Comments : bool { kRefused, kAllowed };

/// Comments, where allowed, are // to the end of the line and /* to */.
Parsed parse_json(std::string_view text, Comments comments);

}  // namespace attnbench::config
