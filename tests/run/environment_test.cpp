// The environment variables that are recorded, and those that workers get.
#include "run/environment.h"

#include <algorithm>
#include <cstdlib>

#include "catch.h"

using namespace attnbench;

TEST_CASE("What steers a measurement is told of the environment, and nothing else") {
  const std::pair<const char*, const char*> all[] = {
      {"OMP_TEST_ONE", "a=b"},      {"KMP_TEST_TWO", ""},    {"GLIBC_TUNABLES", "x"},
      {"MALLOC_TEST_ARENAS", "1"},  {"OPENBLAS_TEST", "2"},  {"COMPANY", "no"},
      {"OMP_NUM_THREADS", "7"},     {"OMP_DYNAMIC", "true"}, {"MY_OMP_TEST", "no"},
      {"OPENBLAS_NUM_THREADS", "9"}};
  for (const auto& [name, value] : all) setenv(name, value, 1);
  const auto settings = run::measuring_environment();
  const auto workers = run::worker_environment(5);
  for (const auto& [name, value] : all) unsetenv(name);
  CHECK(settings.at("OMP_TEST_ONE") == "a=b");
  CHECK(settings.at("KMP_TEST_TWO").empty());
  CHECK(settings.at("GLIBC_TUNABLES") == "x");
  CHECK(settings.at("MALLOC_TEST_ARENAS") == "1");
  CHECK(settings.at("OPENBLAS_TEST") == "2");
  for (const char* other :
       {"COMPANY", "MY_OMP_TEST", "OMP_NUM_THREADS", "OMP_DYNAMIC", "OPENBLAS_NUM_THREADS"})
    CHECK(settings.count(other) == 0);
  const auto gets = [&](const char* entry) {
    return std::count(workers.begin(), workers.end(), entry);
  };
  CHECK(gets("OMP_TEST_ONE=a=b") == 1);
  CHECK(gets("COMPANY=no") == 1);
  CHECK(gets("OMP_NUM_THREADS=5") == 1);
  CHECK(gets("OMP_NUM_THREADS=7") == 0);
  CHECK(gets("OMP_DYNAMIC=true") == 0);
  CHECK(gets("OPENBLAS_NUM_THREADS=9") == 0);
  for (const char* library : {"OPENBLAS", "GOTO", "MKL", "BLIS", "NUMEXPR"})
    CHECK(gets((std::string(library) + "_NUM_THREADS=5").c_str()) == 1);
}
