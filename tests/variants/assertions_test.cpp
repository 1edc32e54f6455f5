// Assertions of the kernels: in builds that have them (ATTNBENCH_ASSERTIONS), a broken rule stops
// the program and names the rule.
#ifdef ATTNBENCH_ASSERTIONS

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "catch.h"
#include "kernels/engine_variant.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// States the later half of the keys first.
class Descending final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t, KeySpans& keys) const noexcept override {
    const int64_t n = call.problem.kv_len;
    keys.add({n / 2, n});
    keys.add({0, n / 2 - 1});
  }
  Theory theory(const Call&) const noexcept override { return {}; }
};

/// What a child process that runs `body` writes to standard error; fails unless an assertion ends
/// it.
template <class Body>
std::string last_words(const Body& body) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 would report the abort as its own.
    dup2(ends[1], STDERR_FILENO);
    body();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  char some[256];
  for (ssize_t n; (n = read(ends[0], some, sizeof some)) > 0;) words.append(some, n);
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  INFO(words);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  return words;
}

}  // namespace

TEST_CASE("A pattern whose spans do not ascend is stopped by an assertion") {
  const Descending pattern;
  const Bench bench(pattern, {1, 1, 1, 4, 20, 8, false}, {});
  const std::string words = last_words([&] { bench.forward(1); });
  CHECK(words.find("A pattern states spans that do not ascend") != std::string::npos);
}

TEST_CASE("Scratch that is not aligned is stopped by an assertion") {
  const Exact& blocked = variant_named("blocked");
  const Bench bench(blocked, {1, 1, 1, 40, 40, 8, false}, {96, 96});
  const auto bytes = static_cast<size_t>(blocked.workspace_bytes(bench.call(1)).value());
  const machine::Buffer workspace(bytes + sizeof(float));
  std::vector<float> out(40 * 8);
  const std::string words = last_words([&] {
    bench.forward_into(1, out, {workspace.data() + sizeof(float), workspace.size()});
  });
  CHECK(words.find("is not aligned") != std::string::npos);
}

#endif
