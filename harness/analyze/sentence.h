// Attention weights between the tokens of a sentence: the mechanism made visible, not meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnbench::analyze {

/// The text that attention is shown on if the user gives none.
/// It is long enough that a window shows, its table fits 80 columns, and every font has its
/// letters.
inline constexpr char kDefaultText[] = "the cat did not eat the fish as it was too old";

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

/// How much of full attention's weights a pattern keeps.
struct KeptMass {
  double kept = 0;         ///< The mean over all queries, in [0, 1].
  size_t worst_query = 0;  ///< The first of those that lose most.
  double worst_lost = 0;   ///< What that query loses, in [0, 1].
};

/// The mass that a query keeps is the sum of its weights in full attention, which are `full`
/// (tokens x tokens, by rows, at least one token), over the keys that it sees in the pattern
/// `visible`.
KeptMass kept_mass(const std::vector<double>& full, std::string_view visible, size_t tokens);

/// The pattern of full attention over so many tokens, as `visible` of attention_weights.
std::string full_pattern(size_t tokens, bool causal);

}  // namespace attnbench::analyze
