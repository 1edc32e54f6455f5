// Attention weights between the tokens of a sentence: the mechanism made visible, not meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnbench::analyze {

/// The text that attention is shown on if the user gives none.
inline constexpr char kDefaultText[] = "我 正 在 吃 苹果";

/// A text's tokens, or the reason why it was refused.
struct Tokens {
  std::vector<std::string> tokens;
  std::string problem;  ///< Empty if the tokens are good.
};

/// White space separates tokens; in a text without white space each character is a token, together
/// with its combining characters. A text is refused if it is not UTF-8, has no token, or has more
/// than record::kMostTokens.
Tokens tokenize(std::string_view text);

/// Weights in [0, 1], tokens x tokens by rows: row i is the softmax over the keys j that token i
/// sees ('1' in `visible`, by rows) of x_i·x_j / sqrt(d). A row that sees no key is zero. The
/// embedding x is both query and key and has d = 32 numbers: 16 that depend on the token's text
/// only, then the sinusoidal encoding of its position (Vaswani et al. 2017). A token's score with
/// itself is 3; its score with a token of the same text is 2 to 3, and larger for a nearer one.
std::vector<double> attention_weights(const std::vector<std::string>& tokens,
                                      std::string_view visible);

}  // namespace attnbench::analyze
