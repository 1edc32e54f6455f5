// Facts of this machine, this build and the OpenMP runtime.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::machine {

record::Machine read_machine();

/// Clocks, CPUs, pages and limits as they are now.
record::Conditions read_conditions();

/// From what CMake knew when it built (definitions on this floor's target).
record::Build read_build();

/// As many threads as this process may run at once: the CPUs of its affinity mask, or fewer under a
/// cgroup's quota of CPU time.
int default_threads();

/// MemAvailable of /proc/meminfo, or less if a cgroup (v2 or v1) limits this process.
int64_t available_memory_bytes();

/// How many processes the kernel has killed for want of memory, as far as this process can see:
/// only whether it rises says something.
int64_t oom_kills_so_far();

/// CPU features the variants were compiled for ("avx2", "fma", ...) that this CPU lacks.
std::vector<std::string> missing_cpu_features();

}  // namespace attnbench::machine
