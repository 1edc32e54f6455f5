// Progress lines on terminals of any width.
#include "run/progress.h"

#include <sstream>

#include "catch.h"

using namespace attnbench;

TEST_CASE("A line that is too wide is cut between words, and says so") {
  const std::string line = "round 2 of 9, case 12 of 34: full, n = 16384";
  CHECK(run::fitted(line, line.size()) == line);
  CHECK(run::fitted(line, line.size() - 1) == "round 2 of 9, case 12 of 34: full, n = ...");
  CHECK(run::fitted(line, 15) == "round 2 of ...");
  CHECK(run::fitted(line, 3) == "...");
  CHECK(run::fitted(line, 0).empty());
  CHECK(run::fitted("16384", 4) == "...");
}

TEST_CASE("Wide characters are counted by their columns") {
  CHECK(run::fitted("\u6ce8\u610f n = 8", 10) == "\u6ce8\u610f n = 8");
  CHECK(run::fitted("\u6ce8\u610f n = 8", 9) == "\u6ce8\u610f ...");
}

TEST_CASE("Each live line takes the width that the terminal has when it is shown") {
  std::ostringstream out;
  size_t columns = 80;
  {
    run::Progress progress(out, [&] { return columns; });
    progress.begin("checking");
    progress.step(1, 2, "full, n = 512", -1);
    CHECK(out.str().find("checking, case 1 of 2, 0 s, time left not known yet: full, n = 512") !=
          std::string::npos);
    out.str("");
    columns = 28;
    progress.step(2, 2, "full, n = 1024", -1);
    CHECK(out.str() == "\r\033[Kchecking, case 2 of 2, ...");
  }
}

TEST_CASE("If lines cannot be erased, a plain line says that a stage is over") {
  std::ostringstream out;
  {
    run::Progress progress(out, {});
    progress.begin("round 1 of 9");
    progress.step(1, 1, "full, n = 512", -1);
    progress.end(1, 90);
  }
  CHECK(out.str() == "round 1 of 9: 1 case, 0 s elapsed, about 1 min 30 s left\n");
}
