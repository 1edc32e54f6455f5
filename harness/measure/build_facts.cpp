// Facts of this build: what CMake knew, the commit, and the OpenMP runtime that is really loaded.
#include <link.h>
#include <omp.h>

#include <filesystem>
#include <string>

#include "attnbench_git_commit.h"
#include "measure/cpu_features.h"
#include "measure/machine.h"

namespace attnbench::measure {
namespace {

/// The first loaded library that is an OpenMP runtime, by the name of its file.
int find_openmp(dl_phdr_info* info, size_t, void* found) {
  const std::filesystem::path path = info->dlpi_name;
  const std::string name = path.filename().string();
  if (name.find("libgomp") != 0 && name.find("libomp") != 0 && name.find("libiomp") != 0) return 0;
  std::error_code error;
  const auto file = std::filesystem::canonical(path, error);
  *static_cast<std::string*>(found) = error ? name : file.filename().string();
  return 1;
}

std::string openmp_runtime() {
  std::string name;
  dl_iterate_phdr(find_openmp, &name);
  return (name.empty() ? "linked statically" : name) + ", OpenMP " + std::to_string(_OPENMP);
}

}  // namespace

record::Build read_build() {
  record::Build build;
  build.compiler = ATTNBENCH_COMPILER;
  build.flags = ATTNBENCH_VARIANT_FLAGS;
  build.march = ATTNBENCH_MARCH;
  for (const std::string& feature : compiled_features())
    build.isa += (build.isa.empty() ? "" : " ") + feature;
  build.build_type = ATTNBENCH_BUILD_TYPE;
  build.git_commit = ATTNBENCH_GIT_COMMIT;
  build.openmp = openmp_runtime();
  return build;
}

}  // namespace attnbench::measure
