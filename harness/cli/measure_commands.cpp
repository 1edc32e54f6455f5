// The subcommands that need no config: `machine` and the hidden `worker`.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "conformance/conformance_worker.h"
#include "machine/ceilings.h"
#include "machine/machine.h"
#include "machine/streaming.h"
#include "machine/team.h"
#include "measure/worker.h"
#include "record/format.h"
#include "record/json.h"
#include "run/fork_server.h"

namespace attnbench::cli {
namespace {

void print_facts(const record::Machine& m, const record::Build& b) {
  const auto cache = [](int64_t bytes) {
    return bytes == 0 ? std::string("unknown") : record::format_bytes(static_cast<double>(bytes));
  };
  std::cout << "cpu       " << m.cpu << ", " << m.cores << " cores usable\n"
            << "caches    L1d " << cache(m.l1d_bytes) << ", L2 " << cache(m.l2_bytes) << ", L3 "
            << cache(m.l3_bytes) << "\n"
            << "memory    " << cache(m.memory_bytes) << "\n"
            << "system    " << m.os << ", kernel " << m.kernel << "\n"
            << "build     " << b.compiler << ", " << b.build_type
            << ", variants for -march=" << b.march << " (" << b.isa << "), commit " << b.git_commit
            << "\n"
            << "openmp    " << b.openmp << "\n";
}

/// How fast so many threads read the bytes of --working-set again and again.
struct Rereading {
  int threads;
  double gbs;
};

/// Measures no rereading if `working_set` is 0.
int print_machine(bool json, int64_t working_set) {
  const record::Machine machine = machine::read_machine();
  const record::Build build = machine::read_build();
  std::vector<record::Ceiling> ceilings;
  std::vector<Rereading> rereadings;
  for (const int threads : std::set<int>{1, machine::default_threads()}) {
    machine::start_team(threads);
    for (const auto pages : {record::Pages::kHuge, record::Pages::kSmall})
      ceilings.push_back(machine::measure_ceiling(threads, pages));
    if (working_set > 0)
      rereadings.push_back(
          {threads, machine::rereading_gbs(working_set, threads, record::Pages::kHuge, 9)});
  }
  if (json) {
    record::Json j = {{"machine", to_json(machine)}, {"build", to_json(build)}};
    for (const record::Ceiling& c : ceilings) j["ceilings"].push_back(to_json(c));
    for (const auto& [threads, gbs] : rereadings)
      j["rereadings"].push_back({{"bytes", working_set}, {"threads", threads}, {"gbs", gbs}});
    std::cout << j.dump(2) << "\n";
    return kExitOk;
  }
  print_facts(machine, build);
  const auto native = [](const std::optional<double>& rate, const char* what) {
    return rate ? record::format_number(*rate, 4) + what : std::string();
  };
  for (const record::Ceiling& c : ceilings)
    std::cout << "ceiling   " << record::plural(c.threads, "thread") << ", "
              << record::kPageNames[static_cast<size_t>(c.pages)]
              << " pages: " << record::format_number(c.fma_gflops, 4) << " GFLOP/s FMA (float32), "
              << native(c.bf16_gflops, " GFLOP/s native bf16, ")
              << native(c.int8_gops, " GOP/s native int8, ") << record::format_number(c.read_gbs, 3)
              << " GB/s reading, " << record::format_number(c.stream_gbs, 3)
              << " GB/s streaming, empty parallel region "
              << record::format_time(c.parallel_region_s) << "\n";
  for (const auto& [threads, gbs] : rereadings)
    std::cout << "cached    " << record::plural(threads, "thread")
              << ", huge pages: " << record::format_bytes(static_cast<double>(working_set))
              << " again and again: " << record::format_number(gbs, 3) << " GB/s reading\n";
  return kExitOk;
}

/// Reads one task from stdin and writes facts to measure::kFactsFd.
int run_worker(const registry::Catalogue& catalogue) {
  const std::string task{std::istreambuf_iterator<char>(std::cin), {}};
  return measure::run_worker(task, measure::kFactsFd,
                             [&](const record::Json& j, measure::Facts& facts) {
                               if (conformance::is_conformance_task(j))
                                 conformance::run_conformance_task(j, catalogue, facts);
                               else
                                 measure::run_task(j, catalogue, facts);
                             });
}

const Command kMachine{
    Topic::kMachine, "machine", "Facts of this machine and its measured ceilings",
    [](CLI::App& command, PluginArgs&) -> Action {
      const CLI::Option* json = command.add_flag("--json")->description("As JSON");
      const auto working_set = std::make_shared<int64_t>(0);
      command
          .add_option("--working-set", *working_set,
                      "Also how fast all threads together read so many bytes (64 to 1 GiB, such as "
                      "256KiB) again and again, each its own part: from the caches that hold them")
          ->transform(CLI::AsSizeValue(false))
          ->check(CLI::Range(int64_t{64}, int64_t{1} << 30))
          ->option_text("SIZE");
      return [json, working_set] { return print_machine(json->count() > 0, *working_set); };
    }};

/// Serves forks and runs each worker. Neither runs exit handlers: a library that the files imported
/// may have one that waits for a thread, and a thread does not survive a fork.
[[noreturn]] void serve_forks(const registry::Catalogue& catalogue) {
  const int code = run::serve_forks() ? run_worker(catalogue) : kExitOk;
  std::fflush(nullptr);
  _exit(code);
}

/// Each measurement runs this subcommand in a process of its own.
const Command kWorker{
    Topic::kHidden, "worker", "", [](CLI::App& command, PluginArgs& plugins) -> Action {
      add_plugins(command, plugins);
      command.add_option("--sha256", plugins.sha256)->allow_extra_args(false);
      command.add_option("--python-content", plugins.file_contents)->allow_extra_args(false);
      const CLI::Option* forks = command.add_flag("--fork-server");
      return [&plugins, forks] {
        const registry::Catalogue catalogue = load_worker_catalogue(plugins);
        if (forks->count() > 0) serve_forks(catalogue);
        return run_worker(catalogue);
      };
    }};

}  // namespace

}  // namespace attnbench::cli
