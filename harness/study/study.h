// A study: a folder of configs, and what is claimed of what they measure, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analyze/statistics.h"
#include "record/axes.h"

namespace attnbench::study {

/// Names one series of a run, and what of it is looked at. "full" in study.json is short for
/// {"variant": "full"}.
struct Pick {
  std::string variant;  ///< The label or the registered name.
  std::vector<std::pair<std::string, int64_t>> params = {};
  /// Values of axes that tell series apart, such as causal or threads.
  std::vector<std::pair<const record::Axis*, record::AxisValue>> axes = {};
  /// The length; empty for the largest at which the series (in a comparison: both) has the
  /// quantity.
  std::optional<int64_t> seq_len = {};
  /// For quantities of probes: the distance tried that is nearest to this one, in equal ratios.
  /// 0 for the nearest tried, -1 for the farthest.
  std::optional<int64_t> distance = {};
  std::optional<int64_t> pairs = {};  ///< For recall: the number of pairs; empty for the most.
};

/// What is taken of the quantity.
enum class Measure {
  kValue,      ///< The quantity at one length.
  kRatio,      ///< `of` over `over`.
  kGrowth,     ///< The exponent p of n^p over the lengths swept.
  kCrossover,  ///< The length from which on `of` is faster than `over`.
};

/// The numbers that a claim takes for true, both ends included; infinite if it names one end only.
struct Bounds {
  analyze::Interval allowed;
};
/// The growth that the variant declares holds.
struct AsDeclared {};
/// The value rises, or falls, from the least to the most of the axis: by more than its intervals.
struct Trend {
  bool rises = true;
  std::string along;  ///< "seq_len", "distance", or an axis that tells series apart.
};
/// What the paper's numbers give by the same measure, between 1/factor of it and factor times it;
/// for an exponent, within `within` of it.
struct AsPublished {
  std::string table;  ///< File name, of Study::tables.
  std::string of;     ///< Its series.
  std::string over = {};
  std::optional<int64_t> seq_len = {};  ///< Of a value and a ratio: where they are taken.
  std::optional<int64_t> from = {};     ///< A growth uses the paper's lengths from this one on.
  double factor = 2;
  double within = 0.3;
};
using Rule = std::variant<Bounds, AsDeclared, Trend, AsPublished>;

struct Claim {
  std::string says;  ///< The claim in words.
  Measure measure = Measure::kValue;
  std::string quantity;  ///< A row of quantity_rows() in evidence.h.
  Pick of;
  std::optional<Pick> over = {};
  Rule rule;
  std::string because = {};  ///< The author's explanation, shown beside the verdict; may be empty.
  std::string pointer = {};  ///< Where it stands in study.json: "/sections/2/claims/0".
};

/// A picture of a section.
struct ChartOf {
  std::string quantity;
  /// An axis, a param, or "distance", which is the standard for a quantity of a probe.
  std::string x = "seq_len";
  std::vector<Pick> only = {};  ///< The series shown; empty for all.
  std::string pointer = {};     ///< Where it stands in study.json: "/sections/2/shows/0".
};
/// What each variant of the section's config sees of a sentence, and with which weights.
struct SentenceOf {
  std::string text;
  std::vector<std::string> readings = {};  ///< Of each token, in letters that every font has.
  std::vector<Pick> only = {};             ///< Exact variants only; empty for all.
  std::string pointer = {};
};
/// The published table beside what was measured.
struct TableOf {
  std::string table;  ///< File name.
  std::string pointer = {};
};
using Exhibit = std::variant<ChartOf, SentenceOf, TableOf>;

struct Section {
  std::string id;  ///< Lower-case words joined by '-': the anchor of the page, and for --only.
  std::string title;
  std::string question;
  std::vector<std::string> text = {};  ///< Paragraphs.
  std::string config = {};             ///< File name, of Study::configs; empty for prose alone.
  std::vector<Exhibit> shows = {};
  std::vector<Claim> claims = {};
};

struct ConfigOf {
  std::string file;
  std::vector<std::string> quick = {};  ///< Overrides as of --set, for --quick.
  std::string sentence = {};            ///< That a section shows of its run; empty if none does.
};

/// One series of a published table.
struct PublishedRow {
  std::string series;
  std::optional<Pick> of = {};  ///< The series that stands for it here; empty if there is none.
  std::vector<std::pair<int64_t, std::optional<double>>> values = {};  ///< By x, ascending.
  std::vector<int64_t> out_of_memory = {};
  std::string note = {};
};

/// Published values: facts and figures of a table.
struct PublishedTable {
  std::string file;
  std::string paper, authors_year, source;  ///< source: "arXiv 2205.14135, table 18".
  std::string what, machine, setup;
  std::string unit;  ///< "ms", "MB", ...
  bool more_is_better = false;
  std::string quantity;   ///< What is measured here beside it: a row of quantity_rows().
  std::string reference;  ///< The series that ratios refer to.
  std::vector<PublishedRow> rows;
};

struct Study {
  std::string name;  ///< Names the folder of its results, as a config's does.
  std::string title;
  std::string introduction = {};
  std::vector<std::string> limits = {};  ///< What the study cannot show: paragraphs at the end.
  std::vector<ConfigOf> configs;
  std::vector<PublishedTable> tables = {};
  std::vector<Section> sections;
};

}  // namespace attnbench::study
