// Notes the affinity mask before any library can change it.
#include "machine/affinity.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace attnbench::machine {
namespace {

cpu_set_t g_initial;

void note_initial(int, char**, char**) {
  // The bare system call, because a sanitizer replaces the C library's function and is not
  // initialized yet.
  syscall(SYS_sched_getaffinity, 0, sizeof g_initial, &g_initial);
}

// The loader calls the functions in this section before any library initializes itself.
[[gnu::section(".preinit_array"), gnu::used]] void (*const g_first)(int, char**,
                                                                    char**) = note_initial;

}  // namespace

const cpu_set_t& initial_cpus() {
  return g_initial;
}

void unbind() {
  if (CPU_COUNT(&g_initial) > 0) sched_setaffinity(0, sizeof g_initial, &g_initial);
}

}  // namespace attnbench::machine
