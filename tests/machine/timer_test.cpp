// Tests of the timer: how often it calls, what its times are, and that it prints nothing.
#include "machine/timer.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "catch.h"

namespace attnbench::machine {
namespace {

void sleep_1_ms() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_CASE("Each timing makes exactly the given number of calls") {
  int calls = 0;
  for (const int64_t iterations : {1, 7, 1000}) {
    calls = 0;
    time_calls([&] { ++calls; }, iterations);
    CHECK(calls == iterations);
  }
}

TEST_CASE("The time is for one call, and sleeping takes no CPU time") {
  const CallTime time = time_calls(sleep_1_ms, 20);
  CHECK(time.time_s >= 1e-3);
  CHECK(time.time_s < 0.5);
  CHECK(time.cpu_s >= 0);
  CHECK(time.cpu_s < 1e-3);
}

TEST_CASE("CPU time includes all threads") {
  const CallTime time = time_calls(
      [] {
        std::thread([] {
          const std::clock_t start = std::clock();
          while (std::clock() - start < CLOCKS_PER_SEC / 100) {
          }
        }).join();
      },
      2);
  CHECK(time.cpu_s >= 0.009);
}

TEST_CASE("A call longer than the minimum is calibrated to one iteration, after one call") {
  int calls = 0;
  CHECK(calibrate([&] { ++calls, sleep_1_ms(); }, 1e-4) == 1);
  CHECK(calls == 1);
}

TEST_CASE("Short calls are repeated until the minimum is reached") {
  const int64_t iterations = calibrate(sleep_1_ms, 0.05);
  CHECK(iterations > 1);
  CHECK(iterations <= 50);
}

TEST_CASE("Each timed call is prepared once, just before it") {
  int prepared = 0, calls = 0;
  const auto call = [&] { CHECK(prepared == ++calls); };
  time_calls(call, 7, [&] { ++prepared; });
  CHECK(calls == 7);
  CHECK(calibrate(call, 1e-9, [&] { ++prepared; }) == 1);
  CHECK(prepared == calls);
}

TEST_CASE("The preparation of a call is not timed") {
  const auto work = [] {
    const std::clock_t start = std::clock();
    while (std::clock() - start < CLOCKS_PER_SEC / 50) {
    }
  };
  const CallTime time = time_calls([] {}, 5, work);
  CHECK(time.time_s < 0.02);
  CHECK(time.cpu_s < 0.02);
}

TEST_CASE("A timing prints nothing") {
  std::FILE* const file = std::tmpfile();
  std::fflush(nullptr);
  const int out = dup(1), err = dup(2);
  dup2(fileno(file), 1);
  dup2(fileno(file), 2);
  time_calls([] {}, 3);
  std::fflush(nullptr);
  dup2(out, 1);
  dup2(err, 2);
  close(out);
  close(err);
  const off_t printed = lseek(fileno(file), 0, SEEK_END);
  std::fclose(file);
  CHECK(printed == 0);
}

}  // namespace
}  // namespace attnbench::machine
