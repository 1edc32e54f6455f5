// Weights as a table on a terminal.
#include "report/weights.h"

#include "catch.h"

using namespace attnbench::report;

TEST_CASE("Weights line up under wide tokens, and what is not seen is a dot") {
  const WeightsView view{"full, causal", {"我", "苹果"}, "1011", {1, 0, 0.25, 0.75}};
  CHECK(weights_text(view) ==
        "full, causal: how much of each key (column) a query (row) takes; . is not seen\n"
        "\n"
        "        我  苹果\n"
        "我    1.00     .\n"
        "苹果  0.25  0.75\n");
}

TEST_CASE("A token is cut to twelve columns and cannot steer the terminal") {
  CHECK(token_label("short") == "short");
  CHECK(token_label("twelve chars") == "twelve chars");
  CHECK(token_label("thirteen char") == "thirteen ch…");
  CHECK(token_label("我我我我我我我") == "我我我我我…");
  CHECK(token_label("\x1b[31m") == "\\x1b[31m");
  CHECK(token_label("<script>") == "<script>");
}
