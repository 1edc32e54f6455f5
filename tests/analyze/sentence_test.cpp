// Sentences cut into tokens, and the weights between them.
#include "analyze/sentence.h"

#include <cmath>

#include "catch.h"

using namespace attnbench::analyze;
using Words = std::vector<std::string>;

TEST_CASE("White space of any kind and length separates tokens") {
  CHECK(tokenize("我 正 在 吃 苹果").tokens == Words{"我", "正", "在", "吃", "苹果"});
  CHECK(tokenize(" the\tcat \n sat ").tokens == Words{"the", "cat", "sat"});
  CHECK(tokenize("我\u3000你").tokens == Words{"我", "你"});
}

TEST_CASE("The default sentence has 11 to 16 tokens, all of letters that every font has") {
  const Tokens standard = tokenize(kDefaultText);
  CHECK((standard.tokens.size() >= 11 && standard.tokens.size() <= 16));
  for (const std::string& token : standard.tokens)
    CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
}

TEST_CASE("In a text without white space, each character with its combining marks is a token") {
  CHECK(tokenize("我吃苹果").tokens == Words{"我", "吃", "苹", "果"});
  CHECK(tokenize(" abc ").tokens == Words{"a", "b", "c"});
  CHECK(tokenize("e\u0301a").tokens == Words{"e\u0301", "a"});
  CHECK(tokenize("👩\u200D🚀x").tokens == Words{"👩\u200D🚀", "x"});
  CHECK(tokenize("a\x01").tokens == Words{"a", "\x01"});
}

TEST_CASE("A text that is empty, no UTF-8 or too long is refused, and says why") {
  for (const char* empty : {"", " ", "\n\t\u3000"})
    CHECK(tokenize(empty).problem == "holds no token; give a sentence");
  CHECK(tokenize("ab\xFF").problem == "is no UTF-8 at byte 2");
  CHECK(tokenize("\xE6\x88").problem == "is no UTF-8 at byte 0");
  CHECK(tokenize(std::string(64, 'a')).tokens.size() == 64);
  CHECK(tokenize(std::string(65, 'a')).problem ==
        "has 65 tokens; weights are shown for 64 at most");
}

TEST_CASE("Weights of a row sum to one over what it sees, and are zero elsewhere") {
  const Words tokens{"a", "b", "c"};
  const std::string visible = "100010111";
  const std::vector<double> weights = attention_weights(tokens, visible);
  CHECK(weights[0] == 1);
  for (const size_t unseen : {1, 2, 3, 5}) CHECK(weights[unseen] == 0);
  CHECK(weights[6] + weights[7] + weights[8] == Approx(1));
  for (const size_t seen : {6, 7, 8}) CHECK(weights[seen] > 0);
  CHECK(attention_weights({"a"}, "0") == std::vector<double>{0});
}

TEST_CASE("A token attends most to itself, then to equal tokens, and more to the nearer one") {
  const Words tokens{"b", "x", "a", "x", "b", "c"};
  const std::vector<double> w = attention_weights(tokens, std::string(36, '1'));
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 6; ++j) {
      if (i != j) CHECK(w[i * 6 + i] > w[i * 6 + j]);
    }
  CHECK(w[1 * 6 + 3] > w[1 * 6 + 2]);  // The other x gets more than the a, though the a is nearer.
  const std::vector<double> likes = attention_weights(Words(6, "x"), std::string(36, '1'));
  CHECK(likes[1] > likes[2]);
}

TEST_CASE("Masking a key gives its weight to the others in proportion") {
  const Words tokens{"we", "eat", "apples"};
  const std::vector<double> all = attention_weights(tokens, "111111111");
  const std::vector<double> some = attention_weights(tokens, "111111011");
  CHECK(some[7] / some[8] == Approx(all[7] / all[8]));
  CHECK(some[7] == Approx(all[7] / (all[7] + all[8])));
}

TEST_CASE("Weights are the softmax of scaled products of the documented embeddings") {
  // The score of a token with itself is 3: 2 from the text, 1 from the position. With the equal
  // token beside it, that 1 becomes the mean of cos(10000^(-2k/16)) over k = 0..7.
  double cosine = 0;
  for (int k = 0; k < 8; ++k) cosine += std::cos(std::pow(10000, -k / 8.0)) / 8;
  const double other = 1 / (1 + std::exp(1 - cosine));
  CHECK(attention_weights({"x", "x"}, "1111")[1] == Approx(other).epsilon(1e-9));
}

TEST_CASE(
    "The mass that a pattern keeps is the mean of what its queries still see of full attention") {
  const std::vector<double> full{1, 0, 0, 0.5, 0.5, 0, 0.25, 0.25, 0.5};
  CHECK(full_pattern(3, true) == "100110111");
  CHECK(full_pattern(2, false) == "1111");
  const KeptMass all = kept_mass(full, full_pattern(3, true), 3);
  CHECK(all.kept == 1);
  CHECK(all.worst_lost == 0);
  // The queries lose 0, 0.5 and 0.25.
  const KeptMass some = kept_mass(full, "100010011", 3);
  CHECK(some.kept == 0.75);
  CHECK(some.worst_query == 1);
  CHECK(some.worst_lost == 0.5);
  const KeptMass none = kept_mass({1}, "0", 1);
  CHECK(none.kept == 0);
  CHECK(none.worst_lost == 1);
}
