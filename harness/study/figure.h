// A chart of a study: the lines, and the picture as SVG, which needs no script and prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/statistics.h"
#include "report/quantities.h"
#include "study/judge.h"
#include "study/study.h"

namespace attnbench::study {

struct FigurePoint {
  double x = 0;
  double y = 0;
  std::optional<analyze::Interval> interval = {};
  std::string words;  ///< The value for people, with its interval.
};

struct FigureLine {
  std::string name;
  std::vector<FigurePoint> points;  ///< Ascending in x; at least one.
};

struct Figure {
  std::string title;    ///< "median time of a call, against sequence length n".
  std::string x_title;  ///< "sequence length n".
  report::Format format = report::Format::kNumber;
  std::vector<FigureLine> lines;
  std::vector<std::string> left_out = {};  ///< As PicksAlong has them.
};

/// The chart of one exhibit; without lines if nothing of it was measured.
Figure make_figure(const ChartOf& chart, const StudyRun& run);

/// The picture, with a title and a description for those who do not see it. `id` is unique in the
/// page.
std::string figure_svg(const Figure& figure, const std::string& id);

/// A swatch of a line's colour and marker, for the legend.
std::string swatch_svg(size_t line);

/// "Not drawn: ..."; empty if all is drawn.
std::string left_out_words(const Figure& figure);

/// What the picture shows, in a sentence: each line from its first to its last value.
std::string figure_words(const Figure& figure);

}  // namespace attnbench::study
