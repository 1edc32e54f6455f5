// A chart as gnuplot's script and data, for a picture in a paper.
#pragma once

#include <string>
#include <string_view>

#include "report/chart.h"

namespace attnbench::report {

enum class Picture { kPdf, kSvg, kPng };

struct FigureStyle {
  Picture picture = Picture::kPdf;
  double width_in = 3.3;
  std::string output;     ///< The names that the script uses for the picture
  std::string data_file;  ///< and for its data.
};

/// Width and height in inches. The height leaves room for the names of all lines.
double figure_height_in(const Chart& chart, double width_in);

/// The script. `chart` has a line. Whatever text the run holds, gnuplot only prints it, and does
/// not read it as enhanced text.
std::string figure_script(const Chart& chart, const FigureStyle& style);

/// A block for each line: x, y, and the ends of the bar; NaN if there is no value.
std::string figure_data(const Chart& chart);

/// The text as a string literal of gnuplot, in which all that gnuplot could read as more than text
/// (quotes, backquotes, @, $, braces) is an octal escape. Doubled single quotes would not do:
/// gnuplot takes two at the beginning for an empty string, and what follows for an expression.
std::string gnuplot_text(std::string_view text);

}  // namespace attnbench::report
