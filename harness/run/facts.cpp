// Applies facts to a run.
#include "run/facts.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "record/checks.h"
#include "record/sanity.h"

namespace attnbench::run {
namespace {

using record::Json;
using record::RecordError;

record::CaseRecord& case_of(record::Run& run, const Json& fact) {
  const auto id = fact.find("case");
  if (id == fact.end() || !id->is_number_integer() || !std::in_range<size_t>(id->get<int64_t>()) ||
      id->get<size_t>() >= run.cases.size())
    throw RecordError("fact without a known case: " + fact.dump());
  return run.cases[id->get<size_t>()];
}

/// The worst of all workers' checks stands for the case.
void merge_check(record::CaseRecord& c, const record::Check& check) {
  if (c.check)
    record::merge(*c.check, check);
  else
    c.check = check;
}

/// A ceiling is the best value seen, because noise only ever lowers it.
void merge_ceiling(record::Run& run, const record::Ceiling& c) {
  const auto known = std::find_if(run.ceilings.begin(), run.ceilings.end(), [&](const auto& k) {
    return k.threads == c.threads && k.pages == c.pages;
  });
  if (known == run.ceilings.end()) {
    run.ceilings.push_back(c);
    return;
  }
  known->fma_gflops = std::max(known->fma_gflops, c.fma_gflops);
  known->bf16_gflops = std::max(known->bf16_gflops, c.bf16_gflops);  // Empty is less than any.
  known->int8_gops = std::max(known->int8_gops, c.int8_gops);
  known->stream_gbs = std::max(known->stream_gbs, c.stream_gbs);
  known->read_gbs = std::max(known->read_gbs, c.read_gbs);
  known->parallel_region_s = std::min(known->parallel_region_s, c.parallel_region_s);
}

/// A later fact of the same inputs replaces an earlier one.
void keep_input_statistics(record::Run& run, const record::InputStatistics& statistics) {
  const record::Case& c = run.cases[static_cast<size_t>(statistics.case_id)].plan;
  std::erase_if(run.input_statistics, [&](const record::InputStatistics& known) {
    return same_inputs(run.cases[static_cast<size_t>(known.case_id)].plan, c);
  });
  run.input_statistics.push_back(statistics);
}

/// What made the case invalid is no error beyond its bound, such as memory that was touched. Errors
/// that other rows or calls have would look like those of a right case.
void forget_errors(record::Check& check) {
  check.worst_error = check.worst_error_over_bound = std::numeric_limits<double>::quiet_NaN();
}

void end_case(record::CaseRecord& c, const Json& fact) {
  Json j = record::to_json(c.plan);
  j["outcome"] = fact.at("outcome");
  j["reason"] = fact.at("reason");
  j["details"] = fact.value("details", "");
  j["retry"] = fact.value("retry", false);
  c.plan = record::case_from_json(j);
  if (c.plan.outcome != record::Outcome::kInvalid) return;
  c.samples.clear();
  if (c.check && !(c.check->worst_error_over_bound > 1)) forget_errors(*c.check);
}

void reopen_case(record::CaseRecord& c) {
  if (c.plan.outcome != record::Outcome::kFailed || !c.plan.retry)
    throw RecordError("a retry of case " + std::to_string(c.plan.id) + ", which has no need of it");
  c.plan.outcome = record::Outcome::kPending;
  c.plan.reason.clear();
  c.plan.details.clear();
  c.plan.retry = false;
}

void add_sample(const record::Run& run, record::CaseRecord& c, const record::Sample& sample) {
  const auto same_round = [&](const record::Sample& s) { return s.round == sample.round; };
  if (sample.round < 0 || sample.round >= run.rounds)
    throw RecordError("a sample of round " + std::to_string(sample.round) + " of " +
                      std::to_string(run.rounds));
  if (std::any_of(c.samples.begin(), c.samples.end(), same_round))
    throw RecordError("a second sample of one case in round " + std::to_string(sample.round));
  c.samples.push_back(sample);
}

void add_probe(record::CaseRecord& c, const record::Probe& probe) {
  const auto same_name = [&](const record::Probe& known) { return known.name == probe.name; };
  record::require_sane(probe, "probe");
  if (std::any_of(c.probes.begin(), c.probes.end(), same_name))
    throw RecordError("a second result of one case's probe '" + probe.name + "'");
  c.probes.push_back(probe);
}

void add_case(record::Run& run, const Json& fact) {
  record::CaseRecord added;
  added.plan = record::case_from_json(fact);
  if (!std::cmp_equal(added.plan.id, run.cases.size()))
    throw RecordError("case " + std::to_string(added.plan.id) + " was added as number " +
                      std::to_string(run.cases.size()));
  run.cases.push_back(std::move(added));
}

void apply_known(record::Run& run, const std::string& kind, const Json& fact) {
  if (kind == "run") {
    Json whole = fact;
    whole.erase("fact");
    run = record::run_from_text(whole.dump(), "fact run");
  } else if (kind == "ceiling") {
    merge_ceiling(run, record::ceiling_from_json(fact));
  } else if (kind == "memory") {
    case_of(run, fact).memory = record::memory_from_json(fact);
  } else if (kind == "setup_memory") {
    case_of(run, fact).setup_memory = record::memory_from_json(fact);
  } else if (kind == "check") {
    merge_check(case_of(run, fact), record::check_from_json(fact));
  } else if (kind == "input_statistics") {
    case_of(run, fact);  // Throws if it is unknown.
    keep_input_statistics(run, record::input_statistics_from_json(fact));
  } else if (kind == "quality") {
    record::CaseRecord& c = case_of(run, fact);
    record::Quality quality = record::quality_from_json(fact);
    record::require_sane(quality, c.plan.problem.heads, "quality");
    c.quality = std::move(quality);
  } else if (kind == "calibration") {
    record::CaseRecord& c = case_of(run, fact);
    c.iterations = fact.at("iterations").get<int64_t>();
    if (fact.contains("selection_s")) {
      const double selection_s = fact.at("selection_s").get<double>();
      if (!(selection_s >= 0)) throw record::RecordError("calibration: selection_s is below 0");
      c.selection_s = selection_s;
    }
  } else if (kind == "probe") {
    add_probe(case_of(run, fact), record::probe_from_json(fact));
  } else if (kind == "sample") {
    add_sample(run, case_of(run, fact), record::sample_from_json(fact));
  } else if (kind == "outcome") {
    end_case(case_of(run, fact), fact);
  } else if (kind == "retry") {
    reopen_case(case_of(run, fact));
  } else if (kind == "case") {
    add_case(run, fact);
  } else if (kind == "description") {
    run.description = fact.at("text").get<std::string>();
  } else if (kind == "end") {
    run.finished_utc = fact.at("finished_utc").get<std::string>();
    run.interrupted = fact.at("interrupted").get<std::string>();
  } else if (kind == "resume") {
    run.finished_utc.clear();
    run.interrupted.clear();
  } else {
    throw RecordError("unknown fact '" + kind + "'");
  }
}

}  // namespace

void apply_fact(record::Run& run, const Json& fact) {
  try {
    apply_known(run, fact.at("fact").get<std::string>(), fact);
  } catch (const Json::exception& e) {
    throw RecordError("malformed fact: " + std::string(e.what()));
  }
}

}  // namespace attnbench::run
