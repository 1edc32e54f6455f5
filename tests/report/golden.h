// Golden files of tests/report/golden. To write them anew, run report_tests with
// ATTNBENCH_UPDATE_GOLDEN=1 in the environment, and read the difference.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.h"

namespace attnbench::report {

inline void compare_with_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(ATTNBENCH_SOURCE_DIR) / "tests/report/golden" / name;
  if (std::getenv("ATTNBENCH_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::ostringstream golden;
  golden << file.rdbuf();
  REQUIRE(file.good());
  CHECK(golden.str() == text);
}

}  // namespace attnbench::report
