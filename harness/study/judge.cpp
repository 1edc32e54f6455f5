// Verdicts of claims: holds, does not hold, or cannot be told here.
#include "study/judge.h"

#include <algorithm>
#include <cmath>

#include "record/format.h"
#include "study/asked.h"
#include "study/measures.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

using analyze::Interval;

/// Exponents are compared as they are shown, with two digits after the point: counted n^2 is not
/// below 2 for its rounding.
constexpr double kShownExponent = 0.005;
constexpr double kRounding = 1e-9;

double slack(Measure measure, double bound) {
  return measure == Measure::kGrowth ? kShownExponent : kRounding * std::abs(bound);
}

/// What the number may be; empty if nothing tells.
std::optional<Interval> ends_of(const Evidence& e) {
  if (!e.value || !e.reason.empty()) return std::nullopt;
  if (e.interval || e.certainty == Certainty::kMeasured) return e.interval;
  return Interval{*e.value, *e.value};
}

bool is_noisy(const Evidence& e, const analyze::Analysis& analysis) {
  return std::ranges::any_of(e.cases, [&](int c) {
    return std::ranges::find(analysis.noisy_cases, c) != analysis.noisy_cases.end();
  });
}

/// Why an interval that lies in and out of what is allowed tells nothing.
std::string undecided(const Judged& j, const analyze::Analysis& analysis) {
  const Evidence& e = j.evidence;
  if (j.claim->measure == Measure::kCrossover && (std::isinf(e.interval->high) || *e.value == 0))
    return "it may lie beyond the lengths that were measured";
  if (e.certainty != Certainty::kMeasured && j.claim->measure == Measure::kGrowth)
    return "it follows no single power of n, and the powers that come near it reach from what is "
           "claimed into what is not";
  if (e.certainty != Certainty::kMeasured)
    return "only a limit of the number is known, and it may be what is claimed or not";
  const QuantityRow* const row = find_quantity_row(j.claim->quantity);
  if (row->source == Source::kProbe)
    return "the range over the probe's seeds reaches from what is claimed into what is not";
  std::string reason = "the interval reaches from what is claimed into what is not";
  if (is_noisy(e, analysis))
    reason += ", and the samples are noisy: they scatter by more than " +
              record::format_number(100 * analyze::kNoisySpread, 2) + " %";
  return reason;
}

void compare(Judged& j, const Interval& allowed, const analyze::Analysis& analysis) {
  const std::optional<Interval> ends = ends_of(j.evidence);
  if (!ends) {
    j.reason = j.evidence.reason;
    return;
  }
  const double below = allowed.low - slack(j.claim->measure, allowed.low);
  const double above = allowed.high + slack(j.claim->measure, allowed.high);
  if (ends->low >= below && ends->high <= above) {
    j.verdict = Verdict::kHolds;
  } else if (ends->high < below || ends->low > above) {
    j.verdict = Verdict::kDoesNotHold;
    j.reason =
        ends->high < below ? "it lies below what is claimed" : "it lies above what is claimed";
  } else {
    j.reason = undecided(j, analysis);
  }
}

void judge_declared(Judged& j, const QuantityRow& row, const Measurements& from) {
  const Picked of = find_series(j.claim->of, from.firsts());
  const analyze::Judgement* const declared =
      of.series ? judgement_of(row, *of.series, from) : nullptr;
  if (declared == nullptr) {
    j.asked = "as declared";
    j.reason = j.evidence.reason.empty() ? "the variant declares no growth of this quantity"
                                         : j.evidence.reason;
    return;
  }
  j.asked = record::growth_words(declared->declared) + ", as declared";
  j.reason = declared->reason;
  if (declared->verdict == analyze::Verdict::kHolds) j.verdict = Verdict::kHolds;
  if (declared->verdict == analyze::Verdict::kNone && !j.evidence.reason.empty())
    j.reason = j.evidence.reason;
  if (declared->verdict != analyze::Verdict::kDoesNotHold) return;
  j.verdict = Verdict::kDoesNotHold;
  if (j.reason.empty())
    j.reason = "at these lengths the declared growth gives n^" +
               record::format_fixed(declared->expected_slope, 2) +
               ", and the measured one is not within " +
               record::format_fixed(analyze::kTheoryTolerance, 2) + " of it";
}

void judge_trend(Judged& j, const Trend& rule, const QuantityRow& row, const Measurements& from) {
  const TrendOf trend = trend_of(*j.claim, rule, row, from);
  j.evidence = trend.evidence;
  j.reason = trend.evidence.reason;
  if (!j.reason.empty()) return;
  const Move wanted = rule.rises ? Move::kUp : Move::kDown;
  if (!trend.evidence.against.empty() ||
      (trend.move != wanted && trend.move != Move::kCannotTell)) {
    j.verdict = Verdict::kDoesNotHold;
    j.reason = !trend.evidence.against.empty() ? trend.evidence.against
               : trend.move == Move::kSame     ? "the first and the last value are the same"
               : rule.rises                    ? "the last value is below the first"
                                               : "the last value is above the first";
  } else if (trend.move == wanted) {
    j.verdict = Verdict::kHolds;
  } else {
    j.reason = "the first and the last value cannot be told apart";
  }
}

void judge_published(Judged& j, const AsPublished& rule, const Study& study,
                     const analyze::Analysis& analysis) {
  j.asked = "as in " + rule.table;
  const auto table = std::ranges::find(study.tables, rule.table, &PublishedTable::file);
  if (table == study.tables.end()) {
    j.reason = "the study has no table " + rule.table;
    return;
  }
  j.published = published_evidence(*j.claim, rule, *table);
  const Evidence& paper = *j.published;
  if (!paper.value) {
    j.reason = "no published number: " + paper.reason;
    return;
  }
  const Interval ends = paper.interval.value_or(Interval{*paper.value, *paper.value});
  const bool exponent = j.claim->measure == Measure::kGrowth;
  const Interval allowed = exponent ? Interval{ends.low - rule.within, ends.high + rule.within}
                                    : Interval{ends.low / rule.factor, ends.high * rule.factor};
  j.asked = asked_as_published(*j.claim, rule, paper, allowed);
  compare(j, allowed, analysis);
}

/// The verdict, with a reason that is not a sentence yet.
Judged compared(const Claim& claim, const Study& study, const StudyRun& run) {
  Judged j;
  j.claim = &claim;
  j.asked = asked_words(claim);
  const QuantityRow* const row = find_quantity_row(claim.quantity);
  if (row == nullptr) {
    j.reason = "no quantity is called " + claim.quantity;
    return j;
  }
  j.evidence.certainty = row->certainty;
  if (!run.run) {
    j.reason = "the config " + run.file + " was not measured here";
    return j;
  }
  const Measurements from{*run.run, run.analysis};
  if (const auto* const trend = std::get_if<Trend>(&claim.rule)) {
    judge_trend(j, *trend, *row, from);
    return j;
  }
  j.evidence = find_evidence(claim, *run.run, run.analysis);
  if (const auto* const bounds = std::get_if<Bounds>(&claim.rule))
    compare(j, bounds->allowed, run.analysis);
  if (std::holds_alternative<AsDeclared>(claim.rule)) judge_declared(j, *row, from);
  if (const auto* const published = std::get_if<AsPublished>(&claim.rule))
    judge_published(j, *published, study, run.analysis);
  return j;
}

/// With a capital and a full stop. A name such as largest_n or time.json stays as it is.
std::string sentence(std::string words) {
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string first = words.substr(0, words.find_first_of(" :,;"));
  if (first.empty()) return words;
  if (std::ranges::all_of(first, is_small)) words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words.ends_with('.') ? words : words + '.';
}

}  // namespace

Judged judge(const Claim& claim, const Study& study, const StudyRun& run) {
  Judged j = compared(claim, study, run);
  j.reason = sentence(j.reason);
  return j;
}

void judge_all(Results& results) {
  results.sections.clear();
  for (const Section& section : results.study.sections) {
    const bool asked =
        results.only.empty() || std::ranges::find(results.only, section.id) != results.only.end();
    if (!asked) continue;
    SectionResult& result = results.sections.emplace_back(SectionResult{&section, nullptr, {}});
    const auto run = std::ranges::find(results.runs, section.config, &StudyRun::file);
    if (run != results.runs.end()) result.run = &*run;
    const StudyRun none{section.config, {}, {}, {}};
    for (const Claim& claim : section.claims)
      result.claims.push_back(
          judge(claim, results.study, result.run != nullptr ? *result.run : none));
  }
}

}  // namespace attnbench::study
