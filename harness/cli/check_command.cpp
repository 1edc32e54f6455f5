// `check` of variants: the conformance suite, a promise a line.
#include <csignal>
#include <iostream>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/plugins.h"
#include "run/check_variant.h"

namespace attnbench::cli {
namespace {

constexpr int kProblems = 60;
constexpr uint64_t kSeed = 1;

void print(const registry::Entry& entry, const conformance::Finding& finding) {
  std::cout << (finding.ok ? "ok      " : "FAILED  ") << entry.name() << ": " << finding.promise
            << " (" << finding.problems_tried << " problems)\n";
  if (!finding.failure.empty()) std::cout << "        " << finding.failure << "\n";
  std::cout.flush();
}

}  // namespace

int check_variants(const std::vector<const registry::Entry*>& entries, double timeout_s,
                   const registry::Catalogue& catalogue) {
  const Interrupt interrupt;
  bool all_ok = true;
  for (const registry::Entry* entry : entries) {
    run::CheckOptions options;
    options.worker_argv = worker_argv(catalogue);
    options.problems = kProblems;
    options.seed = kSeed;
    options.timeout_s = timeout_s;
    options.wake_mask = interrupt.wake_mask();
    options.interrupted = [&] { return !interrupt.name().empty(); };
    options.note = [&](const std::string& text) {
      std::cerr << entry->name() << ": " << text << "\n";
    };
    options.found = [&](const conformance::Finding& finding) {
      print(*entry, finding);
      all_ok = all_ok && finding.ok;
    };
    run::check_variant(*entry, options);
    if (interrupt.name() == "SIGINT") return 128 + SIGINT;
    if (interrupt.name() == "SIGTERM") return 128 + SIGTERM;
  }
  return all_ok ? kExitOk : kExitCaseFailed;
}

}  // namespace attnbench::cli
