// Reads what probes found.
#include "study/read_probe.h"

#include <algorithm>
#include <cmath>

#include "analyze/probe_reach.h"
#include "record/format.h"

namespace attnbench::study {
namespace {

using record::ProbePoint;

const record::Probe* find_probe(const record::CaseRecord& c, const std::string& name) {
  const auto found = std::ranges::find(c.probes, name, &record::Probe::name);
  return found == c.probes.end() ? nullptr : &*found;
}

/// Why the case has no points of the probe.
std::string missing_probe(const record::CaseRecord& c, const record::Probe* probe) {
  using record::Outcome;
  if (probe != nullptr && !probe->reason.empty()) return probe->reason;
  if (c.plan.outcome == Outcome::kOk) return "this case was not probed";
  if (c.plan.outcome == Outcome::kPending) return "not measured: the run ended before";
  return std::string(record::outcome_name(c.plan.outcome)) + ": " + c.plan.reason;
}

/// The points of the wanted number of pairs, by default the most.
std::vector<ProbePoint> points_of(const record::Probe& probe, std::optional<int64_t> pairs) {
  if (!pairs) return analyze::points_of_most_pairs(probe);
  std::vector<ProbePoint> points;
  for (const ProbePoint& p : probe.points)
    if (p.pairs == *pairs) points.push_back(p);
  return points;
}

/// The point nearest to the wanted distance, in equal ratios.
const ProbePoint& nearest(const std::vector<ProbePoint>& points, int64_t distance) {
  if (distance < 0) return *std::ranges::max_element(points, {}, &ProbePoint::distance);
  const double wanted = std::log(static_cast<double>(std::max<int64_t>(distance, 1)));
  return *std::ranges::min_element(points, {}, [&](const ProbePoint& p) {
    return std::abs(std::log(static_cast<double>(p.distance)) - wanted);
  });
}

void set_point(Reading& reading, const ProbePoint& point, int64_t seeds) {
  reading.value = point.value;
  // From the least to the most of as many values the median lies in 95 of 100 times.
  if (seeds >= analyze::kFewestSamples)
    reading.interval = analyze::Interval{point.low, point.high};
  else
    reading.reason = "the probe had " + record::plural(seeds, "seed") + "; " +
                     std::to_string(analyze::kFewestSamples) +
                     " are needed to tell how far chance moves it";
}

}  // namespace

void read_probe(Reading& reading, const QuantityRow& row, const Pick& pick,
                const record::CaseRecord& c) {
  const record::Probe* const probe = find_probe(c, row.name);
  if (probe == nullptr || probe->points.empty()) {
    reading.reason = missing_probe(c, probe);
    return;
  }
  const std::vector<ProbePoint> points = points_of(*probe, pick.pairs);
  if (points.empty()) {
    reading.reason = "the probe did not plant " + std::to_string(*pick.pairs) + " pairs";
    return;
  }
  const int64_t wanted = pick.distance.value_or(-1);
  const ProbePoint& point = nearest(points, wanted);
  reading.where += ", distance " + std::to_string(point.distance);
  if (wanted > 0 && point.distance != wanted)
    reading.where += " (of those tried the nearest to " + std::to_string(wanted) + ")";
  if (point.pairs > 0) reading.where += ", " + std::to_string(point.pairs) + " pairs";
  set_point(reading, point, probe->seeds);
}

std::vector<Reading> read_points(const Reading& like, const QuantityRow& row, const Pick& pick,
                                 const record::CaseRecord& c) {
  const record::Probe& probe = *find_probe(c, row.name);
  std::vector<Reading> readings;
  for (const ProbePoint& point : points_of(probe, pick.pairs)) {
    Reading& reading = readings.emplace_back(Reading{like.cases, like.seq_len});
    const std::string distance = std::to_string(point.distance);
    reading.x = {"distance " + distance, distance, static_cast<double>(point.distance)};
    reading.where = "at n = " + std::to_string(like.seq_len) + ", " + reading.x.words;
    reading.certainty = row.certainty;
    set_point(reading, point, probe.seeds);
  }
  return readings;
}

}  // namespace attnbench::study
