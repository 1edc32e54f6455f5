// Attention weights between the tokens of a sentence: the mechanism made visible, not meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnbench::analyze {

/// What attention is shown on where nobody gives a text.
inline constexpr char kDefaultText[] = "我 正 在 吃 苹果";

/// A text's tokens, or why it has none.
struct Tokens {
  std::vector<std::string> tokens;
  std::string problem;  ///< Empty where the tokens are good.
};

/// Tokens are what stands between white space; in a text without any, each character is one,
/// together with what combines with it. Refused: no UTF-8, no token, more than record::kMostTokens.
Tokens tokenize(std::string_view text);

/// Weights in [0, 1], tokens x tokens by rows: row i is the softmax over the keys j that token i
/// sees ('1' in `visible`, by rows) of x_i·x_j / sqrt(d). A row that sees no key is zero. The
/// embedding x is query and key at once, d = 32 numbers: 16 that follow from the token's text
/// alone, then the sinusoidal encoding of its position (Vaswani et al. 2017). A token's score with
/// itself is 3, with another of the same text from 2 to 3, the nearer the more.
std::vector<double> attention_weights(const std::vector<std::string>& tokens,
                                      std::string_view visible);

}  // namespace attnbench::analyze
