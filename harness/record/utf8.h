// UTF-8 text, character by character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attnbench::record {

/// Length of the well-formed UTF-8 sequence at the front of `text` (not empty), its code point in
/// `code`; 0 if there is none.
size_t decode_utf8(std::string_view text, uint32_t& code);

/// Columns that one character takes on a terminal: 0 for one that combines with the previous
/// one (accents, joiners), 2 for wide ones (Chinese, Japanese, Korean, emoji), else 1.
int character_width(uint32_t code);

/// Columns that printable text takes.
size_t display_width(std::string_view text);

}  // namespace attnbench::record
