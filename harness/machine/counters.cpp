// Hardware counters by perf_event_open.
#include "machine/counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

struct Event {
  const char* name;
  uint64_t config;
};
constexpr Event kTheEvents[] = {{"cycles", PERF_COUNT_HW_CPU_CYCLES},
                                {"instructions", PERF_COUNT_HW_INSTRUCTIONS},
                                {"llc_misses", PERF_COUNT_HW_CACHE_MISSES}};

int open_event(uint64_t config) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = config;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;  // The usual setting, perf_event_paranoid = 2, requires it.
  attributes.exclude_hv = 1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

std::string why(int error) {
  if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
    return "this CPU, or the virtual machine that it is in, does not count them";
  if (error == EACCES || error == EPERM) {
    std::string level = read_text("/proc/sys/kernel/perf_event_paranoid");
    level.resize(level.find_last_not_of('\n') + 1);
    return "not permitted (kernel.perf_event_paranoid is " + (level.empty() ? "unknown" : level) +
           "; or a container's rules)";
  }
  return strerror(error);
}

std::optional<int64_t> read_event(int fd) {
  uint64_t count = 0;
  if (fd < 0 || ::read(fd, &count, sizeof count) != sizeof count) return {};
  return static_cast<int64_t>(count);
}

std::optional<int64_t> difference(std::optional<int64_t> after, std::optional<int64_t> before) {
  if (!after || !before) return {};
  return *after - *before;
}

}  // namespace

HardwareCounters::HardwareCounters() {
  static_assert(std::size(kTheEvents) == kEvents);
  for (size_t i = 0; i < kEvents; ++i) {
    fds_[i] = open_event(kTheEvents[i].config);
    if (fds_[i] < 0 && status_ == "available")
      status_ = std::string(kTheEvents[i].name) + ": " + why(errno);
  }
}

HardwareCounters::~HardwareCounters() {
  for (const int fd : fds_)
    if (fd >= 0) close(fd);
}

void HardwareCounters::start() {
  before_ = read();
}

record::Counters HardwareCounters::since_start() const {
  const record::Counters now = read();
  return {difference(now.cycles, before_.cycles),
          difference(now.instructions, before_.instructions),
          difference(now.llc_misses, before_.llc_misses)};
}

record::Counters HardwareCounters::read() const {
  return {read_event(fds_[0]), read_event(fds_[1]), read_event(fds_[2])};
}

}  // namespace attnbench::machine
