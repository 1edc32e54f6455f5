// The commands that repeat a run.
#include "report/cite.h"

#include "catch.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

TEST_CASE("The commands that repeat a run load its plugins, whatever their paths contain") {
  record::Run run = sample_run();
  CHECK(run_command(run) == "./attnbench run -");
  run.plugins = {{"/lib/mine.so", "ab", "", "", ""}, {"/it's here/$HOME.so", "cd", "", "", ""}};
  const std::string command =
      "./attnbench run --plugin '/lib/mine.so' --plugin '/it'\\''s here/$HOME.so' -";
  CHECK(run_command(run) == command);
  CHECK(reproduce_commands(run).find(" " + command + " <<'END'\n") != std::string::npos);
}

}  // namespace
}  // namespace attnbench::report
