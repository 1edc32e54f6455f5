// One poll loop listens to the worker's pipes and waits for its end.
#include "run/worker_process.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>

#include "run/child.h"
#include "run/stops.h"

namespace attnbench::run {
namespace {

using Clock = std::chrono::steady_clock;
using How = WorkerEnd::How;

constexpr size_t kMaxFactsBytes = 16u << 20;
constexpr size_t kOutputTailBytes = 4096;

std::vector<std::string> whole_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

timespec time_left(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

/// Takes what has come through the worker's pipes.
class Listener {
 public:
  Listener(const Child& child, std::string_view input)
      : input_(input),
        fds_{{{child.ended.get(), POLLIN, 0},
              {child.out.get(), POLLIN, 0},
              {child.facts.get(), POLLIN, 0},
              {child.in.get(), POLLOUT, 0}}} {}

  /// Waits and returns as ppoll does.
  int wait(const timespec& most, const sigset_t& wake_mask) {
    return ppoll(fds_.data(), fds_.size(), &most, &wake_mask);
  }
  bool ended() const { return fds_[0].revents != 0; }
  bool flooded() const { return facts_.size() > kMaxFactsBytes; }

  /// Moves the available bytes; `child` is the constructor's.
  void move(Child& child) {
    if (!drain(child.out.get(), output_, 2 * kOutputTailBytes)) fds_[1].fd = -1;
    if (output_.size() > kOutputTailBytes) output_.erase(0, output_.size() - kOutputTailBytes);
    if (!drain(child.facts.get(), facts_, 2 * kMaxFactsBytes)) fds_[2].fd = -1;
    if (fds_[3].fd >= 0 && (!feed(child.in.get(), input_) || input_.empty())) {
      child.in.reset();
      fds_[3].fd = -1;
    }
  }

  std::string output() const { return output_; }
  std::vector<std::string> facts() const { return whole_lines(facts_); }

 private:
  std::string_view input_;
  std::string output_, facts_;
  std::array<pollfd, 4> fds_;
};

/// Says once that the worker is stopped and how to continue it, since its time-out waits as well.
void tell_of_stop(const Child& child, const Surroundings& surroundings) {
  const std::string pid = std::to_string(child.pid);
  surroundings.note("its worker process " + pid + " is stopped; `kill -CONT " + pid +
                    "` lets it go on, and until then no time-out passes");
}

/// Listens until the worker ended by itself, and then returns nothing, or has to be killed, and
/// then returns that end. The deadline moves by the time in which the worker could not run.
std::optional<How> listen(Listener& listener, Child& child, Stops& stops,
                          Clock::time_point deadline, const Surroundings& surroundings) {
  const sigset_t waking = Stops::waking(surroundings.wake_mask);
  for (bool told = false;;) {
    const auto wake_up = std::min(deadline, Clock::now() + Stops::kHeartbeat);
    const int ready = listener.wait(time_left(wake_up), waking);
    const int error = errno;
    deadline += stops.look();
    if (surroundings.interrupted()) return How::kInterrupted;
    if (ready < 0 && error != EINTR) return How::kTimeout;
    if (ready > 0) {
      listener.move(child);
      if (listener.flooded()) return How::kFlooded;
      if (listener.ended()) return {};
    }
    if (ready == 0 && stops.stopped_now() && !std::exchange(told, true))
      tell_of_stop(child, surroundings);
    if (Clock::now() >= deadline) return How::kTimeout;
  }
}

/// Whether a process of this usage reached its limit of CPU time, which ends it by SIGXCPU or, if
/// the limit is a hard one, by SIGKILL.
bool is_cpu_limit(int signal, const rusage& usage) {
  rlimit limit{};
  if ((signal != SIGXCPU && signal != SIGKILL) || getrlimit(RLIMIT_CPU, &limit) != 0) return false;
  const auto used_s = static_cast<rlim_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1;
  return limit.rlim_cur != RLIM_INFINITY && used_s >= limit.rlim_cur;
}

/// Reaps the child; sets how it ended if it did so by itself. Reaps its children, too, which were
/// killed, if this process adopts them (ForkServers): they would fill the table of processes.
void reap(pid_t pid, WorkerEnd& end, bool by_itself) {
  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  while (waitpid(-pid, nullptr, 0) > 0) {
  }
  if (!by_itself) return;
  end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  end.how = !WIFSIGNALED(status)            ? How::kExited
            : is_cpu_limit(end.code, usage) ? How::kCpuLimit
                                            : How::kSignalled;
}

WorkerEnd run_once(const WorkerCommand& command, const Surroundings& surroundings) {
  WorkerEnd end;
  const int64_t oom_kills = surroundings.oom_kills();
  const HeldStop held;
  Child child;
  if (command.servers) {
    if (std::optional<WorkerEnd> failed =
            command.servers->start(command.environment, command.timeout_s, surroundings, child))
      return *failed;
  } else if (const int error = start(command.argv, command.environment, child); error != 0) {
    end.how = How::kNotStarted;
    end.code = error;
    return end;
  }
  // Only now: a child that is stopped before it runs the program holds its parent in `start`.
  const auto begin = Clock::now();
  Stops stops(child.pid);
  Listener listener(child, command.input);
  const auto timeout = std::chrono::duration<double>(command.timeout_s);
  const std::optional<How> killed =
      listen(listener, child, stops, begin + std::chrono::duration_cast<Clock::duration>(timeout),
             surroundings);
  end.stopped = stops.any();
  if (killed) end.how = *killed;
  kill(-child.pid, SIGKILL);  // Children that it left behind, too.
  reap(child.pid, end, !killed);
  listener.move(child);
  end.wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  end.facts = listener.facts();
  end.output_tail = listener.output();
  if (end.how == How::kSignalled && end.code == SIGKILL && surroundings.oom_kills() > oom_kills)
    end.how = How::kOutOfMemory;
  return end;
}

}  // namespace

void use_file_workers(const std::shared_ptr<ForkServers>& servers, const std::string& variant,
                      WorkerCommand& command) {
  if (servers && servers->serve(variant)) command.servers = servers;
}

WorkerEnd run_worker(const WorkerCommand& command, const Surroundings& surroundings) {
  for (int attempt = 1;; ++attempt) {
    WorkerEnd end = run_once(command, surroundings);
    const bool killed = killed_by_others(end);
    if (attempt == kMostAttempts || (!killed && !is_disturbed(end))) return end;
    surroundings.note((killed ? describe_end(end, command.timeout_s) : std::string(kStopped)) +
                      ": run again");
  }
}

}  // namespace attnbench::run
