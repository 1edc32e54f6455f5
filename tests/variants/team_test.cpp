// The barrier of threads that work in step. This file is compiled for the machine that variants are
// compiled for.
#include "kernels/team.h"

#include <array>
#include <chrono>
#include <latch>
#include <numeric>
#include <thread>
#include <vector>

#include "catch.h"
#include "machine/buffer.h"

using namespace attnbench;
using kernels::StepBarrier;

namespace {

constexpr int64_t kWaits = 10000;

/// Twice as many threads as CPUs meet kWaits times. The barriers' counts begin at `count`. Before
/// each meeting a thread writes the meeting's number, and behind it reads those of all others;
/// numbers alternate between two places, since a thread may be one meeting ahead. Returns how often
/// a thread read another number.
int64_t strays(uint32_t count) {
  const auto members = static_cast<size_t>(2 * std::max(1u, std::thread::hardware_concurrency()));
  const machine::Buffer lines(members * StepBarrier::kLine);
  std::vector<std::array<int64_t, 2>> numbers(members);
  std::vector<int64_t> wrong(members);
  std::latch all_made(static_cast<std::ptrdiff_t>(members));
  std::vector<std::jthread> threads;
  for (size_t member = 0; member < members; ++member)
    threads.emplace_back([&, member] {
      StepBarrier barrier(lines.data(), static_cast<int64_t>(members), static_cast<int64_t>(member),
                          count);
      all_made.arrive_and_wait();
      for (int64_t i = 1; i <= kWaits; ++i) {
        // The others stop to spin, and go to sleep.
        if (i % 500 == 0 && static_cast<size_t>(i / 500) % members == member)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto place = static_cast<size_t>(i % 2);
        numbers[member][place] = i;
        barrier.wait();
        for (const auto& each : numbers) wrong[member] += each[place] != i ? 1 : 0;
      }
    });
  threads.clear();
  return std::accumulate(wrong.begin(), wrong.end(), int64_t{0});
}

}  // namespace

TEST_CASE("No thread passes a step barrier before all have come, and all pass it") {
  CHECK(strays(0) == 0);
}

TEST_CASE("A step barrier's counts may wrap around") {
  CHECK(strays(uint32_t{0} - kWaits / 2) == 0);
}
