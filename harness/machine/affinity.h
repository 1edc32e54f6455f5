// The CPUs that this process was started with, whatever the OpenMP runtime did to it since.
#pragma once

#include <sched.h>

namespace attnbench::machine {

/// The affinity mask of the process when it was started. With OMP_PROC_BIND, OMP_PLACES or
/// GOMP_CPU_AFFINITY in the environment, libgomp binds the first thread to one place before main
/// begins, and that thread's mask would say that there is one CPU only.
const cpu_set_t& initial_cpus();

/// Lets this thread, and the processes that it starts, use all of those CPUs again.
void unbind();

}  // namespace attnbench::machine
