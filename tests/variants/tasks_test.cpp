// Which task a thread takes after which.
#include "kernels/tasks.h"

#include <numeric>
#include <vector>

#include "catch.h"

using namespace attnbench::kernels;

TEST_CASE("The likely next task is right if all threads are equally fast") {
  for (const int threads : {1, 2, 3, 16}) {
    for (const int64_t tasks : {1, 31, 64, 200, 1025, 5000}) {
      const int64_t at_once = tasks_at_once(threads, tasks);
      CAPTURE(threads, tasks, at_once);
      REQUIRE(at_once >= 1);
      std::vector<std::vector<int64_t>> taken(threads);
      for (int64_t task = 0; task < tasks; ++task) {
        taken[task / at_once % threads].push_back(task);
      }
      for (const std::vector<int64_t>& own : taken) {
        for (size_t i = 0; i + 1 < own.size(); ++i) {
          CHECK(likely_next(threads, tasks, own[i]) == own[i + 1]);
        }
        if (!own.empty()) CHECK(likely_next(threads, tasks, own.back()) >= tasks);
      }
    }
  }
}

TEST_CASE("Every task is done once, whatever the number of threads") {
  for (const int threads : {1, 2, 5}) {
    std::vector<int> done(1000);
    for_each_task(threads, 1000, [&](int64_t task, int) { ++done[task]; });
    CHECK(done == std::vector<int>(1000, 1));
  }
}

TEST_CASE("Each thread has one state for all its tasks, and each call begins with new states") {
  struct Count {
    int64_t tasks = 0;
  };
  for (const int threads : {1, 2, 5, 5}) {
    std::vector<int64_t> done(threads);
    for_each_task_with<Count>(
        threads, 1000, [&](int64_t, int thread, Count& count) { done[thread] = ++count.tasks; });
    CHECK(std::accumulate(done.begin(), done.end(), int64_t{0}) == 1000);
  }
}
