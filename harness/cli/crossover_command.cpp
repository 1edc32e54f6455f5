// `crossover`: searches the value of an axis at which one variant becomes faster than another.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include "analyze/analysis.h"
#include "analyze/crossover_fit.h"
#include "analyze/crossover_search.h"
#include "analyze/identity.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "machine/machine.h"
#include "plan/pair_axis.h"
#include "report/crossover_words.h"
#include "report/escape.h"
#include "report/glance_words.h"
#include "report/lines.h"
#include "report/series_names.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

using analyze::RatioPoint;

struct CrossoverArgs {
  ConfigArgs config;
  std::string a, b;
  std::string axis = "seq_len";
  std::string out_root = "results";
};

/// log(time of A / time of B) in each round that timed both; none if one of the cases went wrong.
RatioPoint ratios_of(double x, const record::CaseRecord& a, const record::CaseRecord& b,
                     int rounds) {
  RatioPoint point{x, std::vector<std::optional<double>>(static_cast<size_t>(rounds))};
  if (record::went_wrong(a.plan.outcome) || record::went_wrong(b.plan.outcome)) return point;
  for (const record::Sample& sa : a.samples)
    for (const record::Sample& sb : b.samples)
      if (sa.round == sb.round && sa.time_s > 0 && sb.time_s > 0)
        point.log_ratios[static_cast<size_t>(sa.round)] = std::log(sa.time_s / sb.time_s);
  return point;
}

/// The position of a planned case among the cases of a run from `first` on. An A/A run has two of
/// one identity, which their labels tell apart.
std::optional<size_t> find_case(const record::Run& run, size_t first, const record::Case& wanted) {
  std::optional<size_t> found;
  for (size_t i = first; i < run.cases.size(); ++i) {
    const record::Case& c = run.cases[i].plan;
    if (analyze::identity(c) != analyze::identity(wanted)) continue;
    if (c.label == wanted.label) return i;
    if (!found) found = i;
  }
  return found;
}

/// What the cases of a run from `first` on say at these points.
std::vector<RatioPoint> points_of(const record::Run& run, size_t first,
                                  const std::vector<double>& points, const plan::PairAxis& pair) {
  std::vector<RatioPoint> all;
  for (const double x : points) {
    const auto a = find_case(run, first, pair.point(x).a),
               b = find_case(run, first, pair.point(x).b);
    all.push_back(a && b ? ratios_of(x, run.cases[*a], run.cases[*b], run.rounds)
                         : RatioPoint{x, {}});
  }
  return all;
}

/// One search: the steps share what they learn.
class Crossover {
 public:
  Crossover(const CrossoverArgs& args, const registry::Catalogue& catalogue)
      : catalogue_(catalogue),
        config_(read_config(args.config, catalogue)),
        pair_(config_, catalogue, args.a, args.b, args.axis,
              config_.measure.memory_limit_bytes.value_or(machine::available_memory_bytes())) {
    told_.a = args.a;
    told_.b = args.b;
    told_.axis = args.axis == "seq_len" ? "n" : args.axis;
    told_.low = pair_.low();
    told_.high = pair_.high();
    told_.equal_work_up_to = pair_.equal_work_up_to();
    for (const double x : {pair_.low(), pair_.high()})
      if (const std::string reason = pair_.obstacle(x); !reason.empty())
        told_.left_out.push_back(told_.axis + " = " + pair_.text(x) + " (" + reason + ")");
    rules_.low = told_.low;
    rules_.high = told_.high;
    if (told_.equal_work_up_to && *told_.equal_work_up_to < told_.high)
      rules_.low = *told_.equal_work_up_to;
    rules_.nearest = [this](double x, double low, double high) {
      return pair_.nearest(x, low, high);
    };
    rules_.final_rounds = std::max(rules_.final_rounds, static_cast<int>(config_.measure.rounds));
    told_.search_rounds = rules_.search_rounds;
  }

  int find(const std::string& out_root) {
    if (!rules_.nearest(rules_.low, rules_.low, rules_.high))
      throw config::ConfigError({"no " + told_.axis + " from " + pair_.text(rules_.low) + " to " +
                                 pair_.text(rules_.high) +
                                 " can be measured: " + pair_.obstacle(rules_.low)});
    const config::Config named = pair_.at({rules_.low, rules_.high});
    const std::string dir = run::make_run_dir(out_root, named.name, run::utc_now());
    const Interrupt interrupt;
    if (const std::optional<int> stopped = search(dir, interrupt)) return *stopped;
    return measure_afresh(dir, interrupt);
  }

 private:
  config::Config config_at(const std::vector<double>& points, int rounds) const {
    config::Config config = pair_.at(points);
    config.measure.rounds = rounds;
    return config;
  }

  /// Adds the cases of these points to the run. A case that several points share is added once.
  void add_cases(record::Run& run, run::Journal& journal, const std::vector<double>& points) const {
    const size_t first = run.cases.size();
    for (const double x : points)
      for (const record::Case* planned : {&pair_.point(x).a, &pair_.point(x).b}) {
        const auto known = find_case(run, first, *planned);
        if (known && run.cases[*known].plan.label == planned->label) continue;
        record::Case added = *planned;
        added.id = static_cast<int>(run.cases.size());
        record::Json fact = {{"fact", "case"}};
        fact.update(record::to_json(added));
        keeping(run, journal)(fact);
        run.cases.back().plan.list = added.list;
        run.cases.back().plan.input_source = added.input_source;
      }
  }

  /// Measures until the rules say that the search is over. Returns an exit code if it was stopped.
  std::optional<int> search(const std::string& dir, const Interrupt& interrupt) {
    const std::string search_dir = dir + "/search";
    run::make_folder(search_dir);
    const config::Config config = config_at({rules_.low, rules_.high}, rules_.search_rounds);
    record::Run run = describe(config, catalogue_);
    run.description = "The samples that steered a search for crossovers of " + told_.a + " and " +
                      told_.b + ". They do not enter its result.";
    run::Journal journal(search_dir + "/journal.jsonl");
    begin_journal(run, journal);
    for (std::vector<double> next = next_points(seen_, rules_); !next.empty();
         next = next_points(seen_, rules_)) {
      std::cerr << run.name << ": searching at " << told_.axis << " =";
      for (const double x : next) std::cerr << " " << pair_.text(x);
      std::cerr << "\n";
      const size_t first = run.cases.size();
      add_cases(run, journal, next);
      if (first == 0) warn_of_crowding(run);
      // The ceilings steer nothing, and to measure them takes longer than to time a few points.
      conduct_pending(run, journal, config, interrupt, catalogue_, /*later_s=*/0,
                      /*ceilings_once=*/true);
      for (RatioPoint& point : points_of(run, first, next, pair_))
        seen_.push_back(std::move(point));
      if (!interrupt.name().empty()) break;
    }
    end_journal(run, journal, interrupt);
    write_files(run, search_dir);
    told_.search_points = seen_.size();
    note_faults(run);
    if (run.interrupted.empty()) return {};
    print(run, report::unfinished_sentences(told_, analyze::brackets(seen_)), search_dir);
    return exit_code(run);
  }

  /// Cases that went wrong, so that the answer says where the search could not look.
  void note_faults(const record::Run& run) {
    for (const record::CaseRecord& c : run.cases)
      if (record::went_wrong(c.plan.outcome)) {
        told_.left_out.push_back(record::describe_point(c.plan) + " (" +
                                 record::outcome_name(c.plan.outcome) + ": " + c.plan.reason + ")");
        faults_ = true;
      }
  }

  int measure_afresh(const std::string& dir, const Interrupt& interrupt) {
    const analyze::FinalPlan plan = plan_final(seen_, rules_);
    const config::Config config = config_at(plan.points, plan.rounds);
    record::Run run = prepare_with_pictures(config, catalogue_);
    run::Journal journal(dir + "/journal.jsonl");
    begin_journal(run, journal);
    measure_pending(run, journal, config, interrupt, catalogue_, dir);
    const analyze::CrossoverFindings findings =
        analyze::judge_crossovers(points_of(run, 0, plan.points, pair_), plan, run.seed);
    told_.final_points = plan.points.size();
    told_.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const std::vector<std::string> sentences = report::crossover_sentences(told_, findings);
    keeping(run, journal)(
        {{"fact", "description"}, {"text", report::crossover_description(told_, sentences)}});
    journal.sync();
    write_files(run, dir);
    print(run, sentences, dir);
    say_if_nothing_timed(run);
    const int code = exit_code(run);
    return code == kExitOk && faults_ ? kExitCaseFailed : code;
  }

  void print(const record::Run& run, const std::vector<std::string>& sentences,
             const std::string& dir) const {
    const analyze::Analysis analysis = analyze::analyze(run);
    report::Lines lines(output_screen());
    const std::string shared = report::name_series(run, analysis).shared;
    if (!run.interrupted.empty())
      lines.sentence("PARTIAL: interrupted by " + run.interrupted + ".", report::kRed);
    lines.sentence(
        report::printable(run.name + ": " + told_.a + " and " + told_.b + " by " + told_.axis +
                          (shared.empty() ? "" : "; " + shared) + "; " + run.machine.cpu),
        report::kBold);
    lines.gap();
    for (const std::string& sentence : sentences) lines.sentence(sentence);
    if (const std::string words = report::trust_words(analysis); !words.empty())
      lines.sentence(words);
    lines.put(dir + "/report.html");
    std::cout << std::move(lines).text();
  }

  const registry::Catalogue& catalogue_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  config::Config config_;
  plan::PairAxis pair_;
  analyze::SearchRules rules_;
  report::CrossoverSearch told_;
  std::vector<RatioPoint> seen_;
  bool faults_ = false;  ///< Whether a case of the search went wrong.
};

const Command kCrossover{
    Topic::kSweeps, "crossover", "Find from which value of an axis on one variant is the faster",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<CrossoverArgs>();
      add_config(command, args->config, true);
      command.add_option("A", args->a, "A variant's label in the config: window")->required();
      command.add_option("B", args->b, "The label of the other variant: full")->required();
      command
          .add_option("--x", args->axis,
                      "The axis to search between its least and largest value in the config: a "
                      "numeric axis of the sweep, or a variant's param such as window.left")
          ->capture_default_str();
      add_out(command, args->out_root);
      add_plugins(command, plugins);
      return [&plugins, args] {
        const registry::Catalogue catalogue = load_catalogue(plugins);
        return Crossover(*args, catalogue).find(args->out_root);
      };
    }};

}  // namespace
}  // namespace attnbench::cli
