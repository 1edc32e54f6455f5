// Cuts a sentence into tokens and computes their attention weights in double.
#include "analyze/sentence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "record/record.h"
#include "record/utf8.h"

namespace attnbench::analyze {
namespace {

constexpr size_t kPart = 16;
constexpr size_t kDim = 2 * kPart;
using Vector = std::array<double, kDim>;

/// What a token's text and its position each add to its score with itself, its highest score.
constexpr double kTextScore = 2;
constexpr double kPositionScore = 1;

constexpr uint32_t kZeroWidthJoiner = 0x200D;

bool is_space(uint32_t code) {
  constexpr uint32_t kNoBreakSpace = 0xA0, kIdeographicSpace = 0x3000;
  return code == ' ' || (code >= '\t' && code <= '\r') || code == kNoBreakSpace ||
         code == kIdeographicSpace;
}

/// One character with its combining characters.
struct Character {
  std::string text;
  bool space;
};

/// Splits the text into characters. It stops at the first byte that is not UTF-8: the characters
/// then hold fewer bytes than the text.
std::vector<Character> characters_of(std::string_view text) {
  std::vector<Character> characters;
  bool joins = false;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t length = record::decode_utf8(text, code);
    if (length == 0) break;
    const bool combines = joins || (record::character_width(code) == 0 && code >= 0x300);
    if (combines && !characters.empty() && !characters.back().space)
      characters.back().text += text.substr(0, length);
    else
      characters.push_back({std::string(text.substr(0, length)), is_space(code)});
    joins = code == kZeroWidthJoiner;
    text.remove_prefix(length);
  }
  return characters;
}

void trim(std::vector<Character>& characters) {
  const auto is_word = [](const Character& c) { return !c.space; };
  characters.erase(characters.begin(), std::find_if(characters.begin(), characters.end(), is_word));
  characters.erase(std::find_if(characters.rbegin(), characters.rend(), is_word).base(),
                   characters.end());
}

/// FNV-1a.
uint64_t hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return h;
}

/// splitmix64 (Steele, Lea, Flood 2014), as a number in [-1, 1).
double next_random(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/// q·k / sqrt(d).
double score(const Vector& q, const Vector& k) {
  double sum = 0;
  for (size_t d = 0; d < kDim; ++d) sum += q[d] * k[d];
  return sum / std::sqrt(static_cast<double>(kDim));
}

/// Scales a part of a vector so that it adds `wanted` to the vector's score with itself.
void scale(double* part, double wanted) {
  double sum = 0;
  for (size_t d = 0; d < kPart; ++d) sum += part[d] * part[d];
  const double factor = std::sqrt(wanted * std::sqrt(static_cast<double>(kDim)) / sum);
  for (size_t d = 0; d < kPart; ++d) part[d] *= factor;
}

Vector embedding(std::string_view token, size_t position) {
  Vector x;
  uint64_t state = hash(token);
  for (size_t d = 0; d < kPart; ++d) x[d] = next_random(state);
  for (size_t d = 0; d < kPart; d += 2) {
    const double angle = static_cast<double>(position) /
                         std::pow(10000, static_cast<double>(d) / static_cast<double>(kPart));
    x[kPart + d] = std::sin(angle);
    x[kPart + d + 1] = std::cos(angle);
  }
  scale(x.data(), kTextScore);
  scale(x.data() + kPart, kPositionScore);
  return x;
}

}  // namespace

Tokens tokenize(std::string_view text) {
  std::vector<Character> characters = characters_of(text);
  size_t bytes = 0;
  for (const Character& c : characters) bytes += c.text.size();
  if (bytes < text.size()) return {{}, "is no UTF-8 at byte " + std::to_string(bytes)};
  trim(characters);
  if (characters.empty()) return {{}, "holds no token; give a sentence"};

  Tokens result;
  const bool words =
      std::any_of(characters.begin(), characters.end(), [](const Character& c) { return c.space; });
  bool begins = true;
  for (const Character& c : characters) {
    if (!c.space && (begins || !words)) result.tokens.emplace_back();
    if (!c.space) result.tokens.back() += c.text;
    begins = c.space;
  }
  if (result.tokens.size() > record::kMostTokens)
    return {{},
            "has " + std::to_string(result.tokens.size()) + " tokens; weights are shown for " +
                std::to_string(record::kMostTokens) + " at most"};
  return result;
}

std::vector<double> attention_weights(const std::vector<std::string>& tokens,
                                      std::string_view visible) {
  const size_t n = tokens.size();
  std::vector<Vector> x;
  for (size_t i = 0; i < n; ++i) x.push_back(embedding(tokens[i], i));
  std::vector<double> weights(n * n);
  for (size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (size_t j = 0; j < n; ++j) {
      if (visible[i * n + j] != '1') continue;
      weights[i * n + j] = std::exp(score(x[i], x[j]));  // No score exceeds 3: nothing overflows.
      sum += weights[i * n + j];
    }
    for (size_t j = 0; j < n && sum > 0; ++j) weights[i * n + j] /= sum;
  }
  return weights;
}

KeptMass kept_mass(const std::vector<double>& full, std::string_view visible, size_t tokens) {
  KeptMass mass;
  for (size_t i = 0; i < tokens; ++i) {
    double lost = 0;
    for (size_t j = 0; j < tokens; ++j)
      if (visible[i * tokens + j] != '1') lost += full[i * tokens + j];
    mass.kept += 1 - lost;
    if (lost > mass.worst_lost) {
      mass.worst_lost = lost;
      mass.worst_query = i;
    }
  }
  mass.kept /= static_cast<double>(tokens);
  return mass;
}

std::string full_pattern(size_t tokens, bool causal) {
  std::string visible(tokens * tokens, '1');
  for (size_t i = 0; i < tokens && causal; ++i)
    std::fill_n(visible.begin() + static_cast<std::ptrdiff_t>(i * tokens + i + 1), tokens - i - 1,
                '0');
  return visible;
}

}  // namespace attnbench::analyze
