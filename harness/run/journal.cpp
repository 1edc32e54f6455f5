// Facts to lines and lines to a run.
#include "run/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

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
  if (!c.check) {
    c.check = check;
    return;
  }
  c.check->rows_checked += check.rows_checked;
  c.check->worst_error = std::max(c.check->worst_error, check.worst_error);
  c.check->worst_error_over_bound =
      std::max(c.check->worst_error_over_bound, check.worst_error_over_bound);
}

/// A ceiling is the best that was seen: noise only ever takes away.
void merge_ceiling(record::Run& run, const record::Ceiling& c) {
  const auto known = std::find_if(run.ceilings.begin(), run.ceilings.end(),
                                  [&](const auto& k) { return k.threads == c.threads; });
  if (known == run.ceilings.end()) {
    run.ceilings.push_back(c);
    return;
  }
  known->fma_gflops = std::max(known->fma_gflops, c.fma_gflops);
  known->stream_gbs = std::max(known->stream_gbs, c.stream_gbs);
  known->parallel_region_s = std::min(known->parallel_region_s, c.parallel_region_s);
}

void end_case(record::CaseRecord& c, const Json& fact) {
  Json j = record::to_json(c.plan);
  j["outcome"] = fact.at("outcome");
  j["reason"] = fact.at("reason");
  c.plan = record::case_from_json(j);
  if (c.plan.outcome == record::Outcome::kInvalid) c.samples.clear();
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
  } else if (kind == "check") {
    merge_check(case_of(run, fact), record::check_from_json(fact));
  } else if (kind == "calibration") {
    case_of(run, fact).iterations = fact.at("iterations").get<int64_t>();
  } else if (kind == "sample") {
    case_of(run, fact).samples.push_back(record::sample_from_json(fact));
  } else if (kind == "outcome") {
    end_case(case_of(run, fact), fact);
  } else if (kind == "end") {
    run.finished_utc = fact.at("finished_utc").get<std::string>();
    run.interrupted = fact.at("interrupted").get<std::string>();
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

Journal::Journal(const std::string& path) : path_(path) {
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

Journal::~Journal() {
  if (fd_ >= 0) close(fd_);
}

void Journal::append(const Json& fact) {
  const std::string line = record::to_line(fact);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), path_);
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

void Journal::sync() {
  if (fdatasync(fd_) != 0 && errno != EINVAL)
    throw std::system_error(errno, std::generic_category(), path_);
}

record::Run replay_journal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw RecordError(path + ": cannot be read");
  record::Run run;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (file.eof()) break;  // No newline: torn by a crash.
    try {
      const Json fact = record::parse_bounded(line);
      if ((number == 1) != (fact.value("fact", "") == "run"))
        throw RecordError("a journal starts with its run, once");
      apply_fact(run, fact);
    } catch (const RecordError& e) {
      throw RecordError(path + ":" + std::to_string(number) + ": " + e.what());
    } catch (const Json::exception& e) {
      throw RecordError(path + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  if (run.cases.empty() && run.name.empty()) throw RecordError(path + ": holds no run");
  return run;
}

}  // namespace attnbench::run
