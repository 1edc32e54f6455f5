// Attention weights as a table on a terminal and as a page.
#include "report/weights.h"

#include "catch.h"
#include "sample_run.h"

using namespace attnbench::report;

TEST_CASE("Weights line up under wide tokens, and a key that is not seen is a dot") {
  const WeightsView view{"full, causal", {"我", "苹果"}, "1011", {1, 0, 0.25, 0.75}, true};
  CHECK(weights_text(view) ==
        "full, causal: how much of each key (column) a query (row) takes; . is not seen\n"
        "Keeps 100 % of the attention mass of full causal attention on this sentence; loses "
        "nothing.\n"
        "\n"
        "        我  苹果\n"
        "我    1.00     .\n"
        "苹果  0.25  0.75\n");
}

TEST_CASE("What a pattern loses of full attention is said in a sentence") {
  // Two equal tokens side by side take 0.516 of themselves and 0.484 of each other.
  WeightsView view{"window", {"x", "x"}, "1001", {1, 0, 0, 1}};
  CHECK(mass_words(view) ==
        "Keeps 52 % of the attention mass of full attention on this sentence; loses 48 %, the most "
        "for token 1, 'x' (48 %).");
  view.causal = true;  // The first token loses nothing that it may see.
  CHECK(mass_words(view) ==
        "Keeps 76 % of the attention mass of full causal attention on this sentence; loses 24 %, "
        "the most for token 2, 'x' (48 %).");
}

TEST_CASE("Params that were scaled down are told with their values in the sweep") {
  CHECK(drawn_words({{"left", 4}}, {{"left", 256}, {"right", 0}}, "in the sweep") ==
        "left = 4 here (256 in the sweep)");
  CHECK(drawn_words({}, {{"left", 256}}, "in the sweep").empty());
  attnbench::record::Run run = sample_run();
  run.cases[4].plan.params = run.cases[11].plan.params = {{"left", 64}};
  run.sentence.views[0].drawn_params = run.sentence.views[2].drawn_params = {{"left", 2}};
  const std::vector<WeightsView> views = sentence_weights(run);
  CHECK(views[0].drawn == "left = 2 here (64 in the sweep)");
  CHECK(views[0].alike.front().ends_with(", causal, with left = 2 here (64 in the sweep)"));
  CHECK(weights_text(views[0]).find("\nScaled down to the sentence: left = 2 here (64 in") !=
        std::string::npos);
}

TEST_CASE("A causal variant shares no heat map with one that is not, which has more to lose") {
  attnbench::record::Run run = sample_run();
  run.cases[11].plan.problem.causal = false;
  const std::vector<WeightsView> views = sentence_weights(run);
  REQUIRE(views.size() == 3);
  CHECK(mass_words(views[0]).find("loses nothing") != std::string::npos);
  CHECK(mass_words(views[2]).find("loses nothing") == std::string::npos);
}

TEST_CASE("A token is cut to twelve columns and cannot control the terminal") {
  CHECK(token_label("short") == "short");
  CHECK(token_label("twelve chars") == "twelve chars");
  CHECK(token_label("thirteen char") == "thirteen ch…");
  CHECK(token_label("我我我我我我我") == "我我我我我…");
  CHECK(token_label("\x1b[31m") == "\\x1b[31m");
  CHECK(token_label("<script>") == "<script>");
}

TEST_CASE("Variants that see the same pairs of a sentence share one heat map") {
  const attnbench::record::Run run = sample_run();
  const std::vector<WeightsView> views = sentence_weights(run);
  REQUIRE(views.size() == 2);
  CHECK(views[0].title == "full, causal");
  CHECK(alike_words(views[0]) == std::string("The same for ") + kHostileLabel + ", causal.");
  CHECK(alike_words(views[1]).empty());
  CHECK(views[1].title == "window 64, causal");
  CHECK(views[1].visible == "100110011");
  CHECK(views[1].weights[6] == 0);
}

TEST_CASE("The page of a sentence shows hostile tokens as text") {
  const std::string page =
      weights_html({"full & all", {"<script>", "\x1b"}, "1011", {1, 0, 0.25, 0.75}});
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("&lt;script&gt;") != std::string::npos);
  CHECK(page.find("full &amp; all") != std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find("--weight: 0.75") != std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
}

TEST_CASE("A long list of variants that share a heat map is cut, and the rest is counted") {
  WeightsView view;
  for (char c = 'a'; c <= 'k'; ++c) view.alike.push_back({c});
  CHECK(alike_words(view) == "The same for a; b; c; d; e; f; g; h; and 3 more.");
}
