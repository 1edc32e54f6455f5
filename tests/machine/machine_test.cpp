// Tests of the machine's facts, which are read from the kernel's files.
#include "machine/machine.h"

#include <omp.h>

#include <string>

#include "catch.h"
#include "folder.h"
#include "machine/cpu_features.h"
#include "machine/machine_files.h"
#include "machine/team.h"

namespace attnbench::machine {
namespace {

TEST_CASE("Names are found in cpuinfo and os-release, quoted or not") {
  CHECK(cpu_name("processor\t: 0\nmodel\t\t: 1\nmodel name\t: Some CPU: v2 @ 2 GHz\nflags: x\n") ==
        "Some CPU: v2 @ 2 GHz");
  CHECK(cpu_name("CPU implementer\t: 0x41\n").empty());
  CHECK(os_name("NAME=\"D\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n") == "Debian GNU/Linux 12");
  CHECK(os_name("PRETTY_NAME=Alpine") == "Alpine");
  CHECK(os_name("").empty());
}

TEST_CASE("A cache is found by its level, and caches of instructions are left out") {
  const Folder folder;
  const auto cache = [&](const char* index, const char* level, const char* type, const char* size) {
    const std::string base = std::string(index) + '/';
    folder.write(base + "level", std::string(level) + '\n');
    folder.write(base + "type", std::string(type) + '\n');
    folder.write(base + "size", std::string(size) + '\n');
  };
  cache("index0", "1", "Instruction", "64K");
  cache("index1", "1", "Data", "32K");
  cache("index2", "2", "Unified", "512K");
  CHECK(cache_bytes(folder.path(), 1) == 32 << 10);
  CHECK(cache_bytes(folder.path(), 2) == 512 << 10);
  CHECK(cache_bytes(folder.path(), 3) == 0);
}

TEST_CASE("This machine has cores, memory and a name") {
  const record::Machine machine = read_machine();
  CHECK(machine.cores >= 1);
  CHECK_FALSE(machine.cpu.empty());
  CHECK(machine.memory_bytes > 0);
  CHECK(available_memory_bytes() > 0);
  CHECK(available_memory_bytes() <= machine.memory_bytes);
  CHECK(default_threads() >= 1);
  CHECK(default_threads() <= machine.cores);
}

TEST_CASE("The build says what it was built with") {
  const record::Build build = read_build();
  CHECK(build.flags.find("-march=" + build.march) != std::string::npos);
  CHECK_FALSE(build.compiler.empty());
  CHECK_FALSE(build.git_commit.empty());
  CHECK(build.openmp.find("omp") != std::string::npos);
}

TEST_CASE("A team of threads is as large as asked for, or the error names the cause") {
  CHECK_NOTHROW(start_team(1));
  CHECK_NOTHROW(start_team(3));
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(0);
  CHECK_NOTHROW(start_team(1));
  try {
    start_team(2);
    FAIL("a team of one thread is taken for two");
  } catch (const TeamError& e) {
    CHECK(std::string(e.what()) ==
          "asked OpenMP for 2 threads and got 1: no parallel region may be active (environment: "
          "OMP_MAX_ACTIVE_LEVELS)");
  }
  omp_set_max_active_levels(levels);
}

TEST_CASE("If the CPU lacks a feature that the variants need, the message names it") {
  const std::vector<std::string> wanted{"sse3", "avx2", "fma"};
  const auto missing =
      missing_features(wanted, [](std::string_view name) { return name == "sse3"; });
  REQUIRE(missing == std::vector<std::string>{"avx2", "fma"});
  const std::string message = wrong_cpu_message(wanted, missing);
  CHECK(message.find("with sse3, avx2, fma;") != std::string::npos);
  CHECK(message.find("lacks avx2, fma.") != std::string::npos);
}

TEST_CASE("The CPU that runs these tests has the features that they were compiled for") {
  CHECK(missing_cpu_features().empty());
#if defined(__x86_64__) || defined(__aarch64__)
  CHECK((std::string(read_build().march) == "x86-64" || !compiled_features().empty()));
#endif
}

TEST_CASE("A field of /proc is found only by its whole name at the beginning of a line") {
  const char* text = "Name:\tVmRSS: 7 kB\nXVmRSS:\t 1 kB\nVmRSS:\t   2048 kB\nVmHWM:\tnone\n";
  CHECK(parse_kib_field(text, "VmRSS") == 2048 * 1024);
  CHECK_FALSE(parse_kib_field(text, "VmHWM"));
  CHECK_FALSE(parse_kib_field(text, "VmSize"));
  CHECK(parse_kib_field("MemTotal:  16 kB\n", "MemTotal") == 16384);
  CHECK_FALSE(parse_kib_field("VmRSS:", "VmRSS"));
}

}  // namespace
}  // namespace attnbench::machine
