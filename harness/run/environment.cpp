// Sorts the environment's variables.
#include "run/environment.h"

#include <algorithm>
#include <iterator>
#include <string_view>

extern char** environ;

namespace attnbench::run {
namespace {

/// Workers get the number of threads in these, whatever the environment says: OpenMP runtimes and
/// libraries of linear algebra read them when they are loaded.
constexpr std::string_view kThreadCounts[] = {"OMP_NUM_THREADS",  "OPENBLAS_NUM_THREADS",
                                              "GOTO_NUM_THREADS", "MKL_NUM_THREADS",
                                              "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"};
/// These let a library use fewer threads than it is given: workers get "false".
constexpr std::string_view kAdjusting[] = {"OMP_DYNAMIC", "MKL_DYNAMIC"};

/// Prefixes of the variables that a measurement may depend on.
constexpr std::string_view kMeasuring[] = {
    "OMP_",       "GOMP_",       "KMP_",      "LIBOMP_",   "MALLOC_", "GLIBC_TUNABLES",
    "LD_PRELOAD", "LD_BIND_NOW", "OPENBLAS_", "GOTO_",     "MKL_",    "BLIS_",
    "DNNL_",      "ONEDNN_",     "TCMALLOC_", "MIMALLOC_", "HUGETLB_"};

std::string_view name_of(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

bool is_given(std::string_view name) {
  return std::ranges::find(kThreadCounts, name) != std::end(kThreadCounts) ||
         std::ranges::find(kAdjusting, name) != std::end(kAdjusting);
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
  for (const std::string_view name : kThreadCounts)
    environment.push_back(std::string(name) + "=" + std::to_string(threads));
  for (const std::string_view name : kAdjusting)
    environment.push_back(std::string(name) + "=false");
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
