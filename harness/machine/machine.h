// Facts of this machine, this build and the OpenMP runtime.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::machine {

record::Machine read_machine();

/// The current settings of clocks, CPUs, pages and limits.
record::Conditions read_conditions();

/// How this program was built, from definitions that CMake sets on this folder's target.
record::Build read_build();

/// The number of threads that this process may run at once: the CPUs of its affinity mask, or fewer
/// if a cgroup limits its CPU time.
int default_threads();

/// MemAvailable of /proc/meminfo, or less if a cgroup (v2 or v1) limits this process.
int64_t available_memory_bytes();

/// How many processes the kernel killed because memory ran out, as far as this process can see.
/// Only an increase means something.
int64_t oom_kills_so_far();

/// The CPU features that the variants were compiled for ("avx2", "fma", ...) and this CPU lacks.
std::vector<std::string> missing_cpu_features();

}  // namespace attnbench::machine
