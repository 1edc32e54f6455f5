// How threads share the work of a ceiling.
#include "machine/share_out.h"

#include <algorithm>
#include <chrono>

#include "catch.h"

namespace attnbench::machine {
namespace {

TEST_CASE("Each piece of shared work is done once") {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> visits(threads * kPieces);
    share_out(threads, [&](int part, int piece) { ++visits[part * kPieces + piece]; });
    CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& times) { return times == 1; }));
  }
}

TEST_CASE("Other threads do what a slow thread has left of its part") {
  constexpr int kOthers = 2 * kPieces - 1;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<int> done = 0, seen = 0;
  share_out(2, [&](int part, int piece) {
    if (part == 0 && piece == 0) {
      while (done < kOthers && std::chrono::steady_clock::now() < deadline) {
      }
      seen = done.load();
    } else {
      ++done;
    }
  });
  CHECK(seen == kOthers);
}

}  // namespace
}  // namespace attnbench::machine
