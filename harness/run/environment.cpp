// Sorts the environment's variables.
#include "run/environment.h"

#include <algorithm>
#include <array>
#include <string_view>

extern char** environ;

namespace attnbench::run {
namespace {

/// Workers get these, whatever the environment says.
constexpr std::array<std::string_view, 2> kGiven{"OMP_NUM_THREADS", "OMP_DYNAMIC"};

/// Prefixes of the variables that a measurement may depend on.
constexpr std::string_view kMeasuring[] = {
    "OMP_",       "GOMP_",       "KMP_",      "LIBOMP_",   "MALLOC_", "GLIBC_TUNABLES",
    "LD_PRELOAD", "LD_BIND_NOW", "OPENBLAS_", "GOTO_",     "MKL_",    "BLIS_",
    "DNNL_",      "ONEDNN_",     "TCMALLOC_", "MIMALLOC_", "HUGETLB_"};

std::string_view name_of(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

bool is_given(std::string_view name) {
  return std::find(kGiven.begin(), kGiven.end(), name) != kGiven.end();
}

bool is_measuring(std::string_view name) {
  return std::any_of(std::begin(kMeasuring), std::end(kMeasuring),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

std::vector<std::string> worker_environment(int threads) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name = name_of(*entry);
    if (!name.starts_with("BENCHMARK_") && !is_given(name)) environment.emplace_back(*entry);
  }
  environment.push_back("OMP_NUM_THREADS=" + std::to_string(threads));
  environment.push_back("OMP_DYNAMIC=false");
  return environment;
}

std::vector<std::string> given_environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

std::map<std::string, std::string> measuring_environment() {
  std::map<std::string, std::string> settings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry, name = name_of(text);
    if (name.size() < text.size() && is_measuring(name) && !is_given(name))
      settings.emplace(name, text.substr(name.size() + 1));
  }
  return settings;
}

}  // namespace attnbench::run
