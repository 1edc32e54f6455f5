// Sorts the cases of a run that timed nothing by the reason why they were not timed.
#include "report/nothing_timed.h"

#include <algorithm>
#include <array>

#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using record::CaseRecord;
using record::Outcome;

/// Why a case was not timed, in the order in which the reasons are printed.
enum class Hindrance { kRefused, kMemory, kTimeout, kSpared, kInvalid, kFailed };
constexpr size_t kHindrances = 6;

Hindrance hindrance_of(const record::Case& c, int64_t memory_limit_bytes) {
  if (c.outcome == Outcome::kTimeout) return Hindrance::kTimeout;
  if (c.outcome == Outcome::kInvalid) return Hindrance::kInvalid;
  if (c.outcome == Outcome::kFailed) return Hindrance::kFailed;
  // The bytes of a call that the variant refuses are not counted.
  if (c.input_bytes == 0) return Hindrance::kRefused;
  const Count bytes = c.memory_bytes();
  const bool fits = bytes.value() <= memory_limit_bytes && !bytes.saturated();
  return fits ? Hindrance::kSpared : Hindrance::kMemory;
}

/// What happened to the cases and what to do about it, with the reason of `c` as an example.
std::string advice(Hindrance hindrance, const record::Case& c) {
  const std::string example = " (" + c.reason + ")";
  const std::string check = ": `attnbench check " + c.variant + "` tries the variant by itself";
  switch (hindrance) {
    case Hindrance::kRefused:
      return "not supported" + example + ": change the sweep, or `attnbench describe " + c.variant +
             "` says what the variant takes";
    case Hindrance::kMemory:
      return "over the memory limit" + example +
             ": sweep a smaller seq_len, batch or heads, or raise measure.memory_limit";
    case Hindrance::kTimeout:
      return "over the time limit" + example +
             ": sweep a smaller seq_len, or raise measure.timeout_s";
    case Hindrance::kSpared:
      return "skipped" + example + ": add smaller sizes to the sweep";
    case Hindrance::kInvalid:
      return "with a wrong output" + example + check;
    case Hindrance::kFailed:
      return "failed" + example + check;
  }
  return {};
}

}  // namespace

std::string nothing_timed_words(const record::Run& run) {
  const bool hopeless = std::none_of(run.cases.begin(), run.cases.end(), [](const CaseRecord& c) {
    return c.plan.outcome == Outcome::kOk || c.plan.outcome == Outcome::kPending;
  });
  if (!hopeless || run.cases.empty() || run.shards > 1) return {};

  struct Group {
    int count = 0;
    const record::Case* first = nullptr;
  };
  std::array<Group, kHindrances> groups;
  for (const CaseRecord& c : run.cases) {
    Group& group = groups[static_cast<size_t>(hindrance_of(c.plan, run.memory_limit_bytes))];
    if (group.count++ == 0) group.first = &c.plan;
  }
  std::string words = "Nothing was timed. Of " + cases_words(run.cases.size()) + ":";
  for (size_t h = 0; h < kHindrances; ++h) {
    if (groups[h].count == 0) continue;
    words.append(" ").append(std::to_string(groups[h].count)).append(" ");
    words.append(advice(static_cast<Hindrance>(h), *groups[h].first)).append(".");
  }
  return printable(words);
}

}  // namespace attnbench::report
