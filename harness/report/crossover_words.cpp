// Sentences on crossovers.
#include "report/crossover_words.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "record/format.h"
#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CrossoverFindings;
using analyze::Order;
using analyze::PointOrder;

std::string value_words(double value) {
  return value == std::round(value) ? std::to_string(std::llround(value))
                                    : record::format_number(value, 3);
}

std::string at_words(const CrossoverSearch& s, double value) {
  return s.axis + " = " + value_words(value);
}

std::string range_words(const CrossoverSearch& s, double low, double high) {
  return s.axis + " = " + value_words(low) + " and " + value_words(high);
}

std::string crossing_words(const CrossoverSearch& s, const analyze::Crossing& c) {
  return (c.a_faster_below ? s.b : s.a) + " becomes faster than " + (c.a_faster_below ? s.a : s.b) +
         " at " + at_words(s, c.x) + " [" + value_words(c.interval.low) + ", " +
         value_words(c.interval.high) + "].";
}

/// "1.21x"; "1.21x to 3.4x".
std::string ratios_words(std::span<const PointOrder> points) {
  double least = HUGE_VAL, most = 0;
  for (const PointOrder& p : points) {
    const double ratio = p.order == Order::kAFaster ? 1 / p.ratio : p.ratio;
    least = std::min(least, ratio);
    most = std::max(most, ratio);
  }
  const std::string low = record::format_number(least, 3), high = record::format_number(most, 3);
  return low == high ? low + "x" : low + "x to " + high + "x";
}

/// "at all 7 points from n = 256 to 4096", "at n = 256, 408, 647".
std::string where_words(const CrossoverSearch& s, std::span<const PointOrder> alike, size_t all) {
  if (alike.size() == all && all > 1)
    return "at all " + std::to_string(all) + " points from " + at_words(s, alike.front().x) +
           " to " + value_words(alike.back().x);
  std::string words = "at " + s.axis + " =";
  for (const PointOrder& p : alike) words += (&p == &alike.front() ? " " : ", ") + value_words(p.x);
  return words;
}

/// One sentence for all points with the same order.
void add_orders(const CrossoverSearch& s, const std::vector<PointOrder>& points,
                std::vector<std::string>& sentences) {
  for (const Order order : {Order::kAFaster, Order::kBFaster, Order::kCannotTell}) {
    std::vector<PointOrder> alike;
    std::ranges::copy_if(points, std::back_inserter(alike),
                         [&](const PointOrder& p) { return p.order == order; });
    if (alike.empty()) continue;
    const std::string where = where_words(s, alike, points.size());
    if (alike.size() < points.size() && sentences.empty())
      sentences.push_back("No crossover was found.");
    if (order == Order::kCannotTell)
      sentences.push_back(s.a + " and " + s.b + " cannot be told apart " + where +
                          ": their difference is within the noise.");
    else
      sentences.push_back((order == Order::kAFaster ? s.a : s.b) + " is " + ratios_words(alike) +
                          " as fast as " + (order == Order::kAFaster ? s.b : s.a) + " " + where +
                          ".");
  }
}

void add_work(const CrossoverSearch& s, std::vector<std::string>& sentences) {
  if (!s.equal_work_up_to) return;
  if (*s.equal_work_up_to >= s.high)
    sentences.push_back("Both count the same work at every " + s.axis + " from " +
                        value_words(s.low) + " to " + value_words(s.high) + ".");
  else
    sentences.push_back("Equal work up to " + at_words(s, *s.equal_work_up_to) +
                        (s.low < *s.equal_work_up_to ? "; the search begins there." : "."));
}

void add_left_out(const CrossoverSearch& s, std::vector<std::string>& sentences) {
  constexpr size_t kMostTold = 2;
  for (size_t i = 0; i < std::min(s.left_out.size(), kMostTold); ++i)
    sentences.push_back("Not measured: " + s.left_out[i] + ".");
  if (s.left_out.size() > kMostTold)
    sentences.push_back(
        "… and " +
        record::plural(static_cast<int64_t>(s.left_out.size() - kMostTold), "more such value") +
        ".");
}

/// Why an interval is wider than it should be.
void add_width(const CrossoverSearch& s, const CrossoverFindings& f,
               std::vector<std::string>& sentences) {
  for (const analyze::Crossing& c : f.crossings)
    if (c.interval.high - c.interval.low > analyze::kNarrow * c.x) {
      sentences.push_back(
          "Noise keeps an interval wider than " +
          std::to_string(std::lround(100 * analyze::kNarrow)) + " %" + " of " + s.axis +
          ": the ratio of a round varies by " + percent_words(100 * f.noise) +
          "; more rounds narrow it (--set measure.rounds=" + std::to_string(4 * f.rounds) + ").");
      return;
    }
}

std::vector<std::string> all_printable(std::vector<std::string> sentences) {
  for (std::string& sentence : sentences) sentence = printable(sentence);
  return sentences;
}

}  // namespace

std::vector<std::string> crossover_sentences(const CrossoverSearch& search,
                                             const CrossoverFindings& findings) {
  std::vector<std::string> sentences;
  const size_t times = findings.crossings.size();
  if (times > 1)
    sentences.push_back(search.a + " and " + search.b + " trade places " + std::to_string(times) +
                        " times:");
  for (const analyze::Crossing& c : findings.crossings)
    sentences.push_back(crossing_words(search, c));
  for (const analyze::Interval& window : findings.unconfirmed)
    sentences.push_back(search.a + " and " + search.b + " cannot be told apart between " +
                        range_words(search, window.low, window.high) +
                        ": the search saw them trade places there, and the fresh samples do not "
                        "confirm it.");
  add_orders(search, findings.points, sentences);
  if (sentences.empty())
    sentences.push_back(search.a + " and " + search.b + " were not both timed at any " +
                        search.axis + ".");
  add_work(search, sentences);
  add_left_out(search, sentences);
  add_width(search, findings, sentences);
  sentences.push_back("Measured afresh at the end: " +
                      record::plural(static_cast<int64_t>(search.final_points), "point") + " in " +
                      record::plural(static_cast<int64_t>(findings.rounds), "round") +
                      ". The search took " +
                      record::plural(static_cast<int64_t>(search.search_points), "point") + " in " +
                      record::plural(search.search_rounds, "round") + ", which do not count; " +
                      record::format_time(search.took_s) + " in all.");
  return all_printable(std::move(sentences));
}

std::vector<std::string> unfinished_sentences(const CrossoverSearch& search,
                                              const std::vector<analyze::Bracket>& brackets) {
  std::vector<std::string> sentences;
  for (const analyze::Bracket& b : brackets)
    sentences.push_back("So far: " + (b.a_faster_below ? search.b : search.a) +
                        " seems to become faster than " + (b.a_faster_below ? search.a : search.b) +
                        " between " + range_words(search, b.low, b.high) +
                        "; no fresh samples confirm it.");
  if (brackets.empty())
    sentences.push_back("So far no change of order was seen at " +
                        record::plural(static_cast<int64_t>(search.search_points), "point") + ".");
  add_work(search, sentences);
  add_left_out(search, sentences);
  return all_printable(std::move(sentences));
}

std::string crossover_description(const CrossoverSearch& search,
                                  const std::vector<std::string>& sentences) {
  std::string text = "Crossovers of " + search.a + " and " + search.b + " by " + search.axis +
                     " from " + value_words(search.low) + " to " + value_words(search.high) + ".";
  for (const std::string& sentence : sentences) text += " " + sentence;
  return printable(text + " The folder search/ has the run that steered.");
}

}  // namespace attnbench::report
