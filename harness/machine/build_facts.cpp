// Facts of this build: what CMake knew, the commit, and the OpenMP runtime that is really loaded.
#include <link.h>
#include <omp.h>

#include <cstring>
#include <string>

#include "attnbench_git_commit.h"
#include "machine/cpu_features.h"
#include "machine/machine.h"
#include "registry/plugins.h"

namespace attnbench::machine {
namespace {

/// The GNU build id in the notes of one segment, in hexadecimal; empty if there is none.
std::string build_id_of(const char* notes, size_t size) {
  const auto padded = [](size_t bytes) { return (bytes + 3) / 4 * 4; };
  std::string id;
  for (ElfW(Nhdr) note; size >= sizeof note;) {
    std::memcpy(&note, notes, sizeof note);
    const size_t whole = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
    if (whole > size) break;
    const char* const name = notes + sizeof note;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
      for (size_t i = 0; i < note.n_descsz; ++i) {
        const auto byte = static_cast<unsigned char>(name[4 + i]);
        id += "0123456789abcdef"[byte >> 4];
        id += "0123456789abcdef"[byte & 15];
      }
    notes += whole;
    size -= whole;
  }
  return id;
}

/// Looks only at the program, which comes first in the list of loaded images: returning 1 ends the
/// search.
int find_build_id(dl_phdr_info* info, size_t, void* found) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_NOTE)
      *static_cast<std::string*>(found) += build_id_of(
          reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
  }
  return 1;
}

/// Names of all OpenMP runtimes that are loaded: a plugin may bring a second one.
std::string openmp_runtime() {
  std::string names;
  for (const std::string& name : registry::openmp_runtimes())
    names += (names.empty() ? "" : " + ") + name;
  return (names.empty() ? "linked statically" : names) + ", OpenMP " + std::to_string(_OPENMP);
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
  dl_iterate_phdr(find_build_id, &build.build_id);
  return build;
}

}  // namespace attnbench::machine
