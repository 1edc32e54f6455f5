// Starts a team of OpenMP threads, counts them and the CPUs that they may use.
#include "machine/team.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <string>

#include "machine/affinity.h"

namespace attnbench::machine {
namespace {

/// Names the limit of the runtime that is too low, or where to look for it.
std::string limit_words(int threads) {
  if (omp_get_thread_limit() < threads)
    return "its thread limit is " + std::to_string(omp_get_thread_limit()) +
           " (environment: OMP_THREAD_LIMIT)";
  if (omp_get_max_active_levels() < 1)
    return "no parallel region may be active (environment: OMP_MAX_ACTIVE_LEVELS)";
  return "see the OMP_* variables of the environment";
}

}  // namespace

void start_team(int threads) {
  omp_set_dynamic(0);
  int came = 0;
  cpu_set_t cpus{};  // The CPUs of all threads together.
#pragma omp parallel num_threads(threads) reduction(+ : came)
  {
    came += 1;
    cpu_set_t mine{};
    sched_getaffinity(0, sizeof mine, &mine);
#pragma omp critical
    CPU_OR(&cpus, &cpus, &mine);
  }
  if (came < threads)
    throw TeamError("asked OpenMP for " + std::to_string(threads) + " threads and got " +
                    std::to_string(came) + ": " + limit_words(threads));
  if (CPU_COUNT(&cpus) < std::min(threads, CPU_COUNT(&initial_cpus())))
    throw TeamError("OpenMP binds " + std::to_string(threads) + " threads to " +
                    std::to_string(CPU_COUNT(&cpus)) + " of the " +
                    std::to_string(CPU_COUNT(&initial_cpus())) +
                    " CPUs that they could use (environment: OMP_PLACES, GOMP_CPU_AFFINITY)");
}

}  // namespace attnbench::machine
