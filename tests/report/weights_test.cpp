// Attention weights as a table on a terminal and as a page.
#include "report/weights.h"

#include "catch.h"
#include "sample_run.h"

using namespace attnbench::report;

TEST_CASE("Weights line up under wide tokens, and a key that is not seen is a dot") {
  const WeightsView view{"full, causal", {"我", "苹果"}, "1011", {1, 0, 0.25, 0.75}};
  CHECK(weights_text(view) ==
        "full, causal: how much of each key (column) a query (row) takes; . is not seen\n"
        "\n"
        "        我  苹果\n"
        "我    1.00     .\n"
        "苹果  0.25  0.75\n");
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
