// Writes gnuplot's script and data.
#include "report/figure.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "record/format.h"
#include "record/utf8.h"
#include "report/escape.h"
#include "report/scale.h"

namespace attnbench::report {
namespace {

/// Okabe and Ito's colours, which the colour-blind can tell apart (jfly.uni-koeln.de/color),
/// without the yellow, which white paper hides. Their order alternates dark and light.
constexpr const char* kColours[] = {"#000000", "#e69f00", "#0072b2", "#56b4e9",
                                    "#d55e00", "#009e73", "#cc79a7"};
/// Lines with the same colour differ in marker and dash: 7, 10 and 3 have no common factor.
constexpr int kMarkers[] = {7, 9, 5, 13, 11, 6, 8, 4, 12, 10};
constexpr const char* kDashes[] = {"solid", "(8,4)", "(2,3)"};

constexpr double kFontPt = 8;
constexpr double kCharacterPt = 0.52 * kFontPt;  ///< Mean width of a digit or letter.
constexpr double kPtPerInch = 72;

double key_column_pt(const Chart& chart) {
  size_t longest = 0;
  for (const ChartLine& line : chart.lines)
    longest = std::max(longest, record::display_width(line.name));
  constexpr double kSamplePt = 24;
  return kSamplePt + kCharacterPt * static_cast<double>(longest);
}

size_t key_columns(const Chart& chart, double width_in) {
  const double columns = (width_in * kPtPerInch - 8) / key_column_pt(chart);
  return std::clamp<size_t>(static_cast<size_t>(std::max(columns, 1.0)), 1, chart.lines.size());
}

size_t key_rows(const Chart& chart, double width_in) {
  const size_t columns = key_columns(chart, width_in);
  return (chart.lines.size() + columns - 1) / columns;
}

std::vector<double> all_y(const Chart& chart) {
  std::vector<double> values;
  for (const ChartLine& line : chart.lines)
    for (const ChartPoint& p : line.points)
      for (const std::optional<double>& value : {p.y, p.low, p.high})
        if (value) values.push_back(*value);
  return values;
}

/// Where a line has a value: an axis does not go on to sizes that nothing could run.
std::vector<double> all_x(const Chart& chart) {
  std::vector<double> values;
  for (const ChartLine& line : chart.lines)
    for (const ChartPoint& p : line.points)
      if (p.y) values.push_back(p.x);
  return values;
}

bool has_bars(const ChartLine& line) {
  return std::any_of(line.points.begin(), line.points.end(),
                     [](const ChartPoint& p) { return p.low && p.high; });
}

std::string number(double value) {
  return record::shortest(value);
}

/// Near enough for the end of an axis.
std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return text;
}

std::string terminal(const Chart& chart, const FigureStyle& style) {
  const double height = figure_height_in(chart, style.width_in);
  const auto size = [&](double scale, int decimals, const char* unit) {
    return record::format_fixed(style.width_in * scale, decimals) + unit + "," +
           record::format_fixed(height * scale, decimals) + unit;
  };
  switch (style.picture) {
    case Picture::kPdf:
      return "pdfcairo noenhanced color size " + size(1, 3, "in") +
             " font 'Helvetica,8' fontscale 0.75 linewidth 1.5";
    case Picture::kSvg:  // 96 units an inch, so that 8 pt are 10.67.
      return "svg noenhanced size " + size(96, 0, "") + " font 'Helvetica,10.67'";
    case Picture::kPng:  // 300 pixels an inch; gnuplot reckons with 96.
      return "pngcairo noenhanced size " + size(300, 0, "") +
             " font 'Helvetica,8' fontscale 3.125" + " linewidth 3 pointscale 3.125";
  }
  return {};
}

std::string ticks(const char* axis, const Scale& scale) {
  std::string text = std::string("set ") + axis + "tics enhanced (";
  for (size_t i = 0; i < scale.ticks.size(); ++i) {
    const Tick& tick = scale.ticks[i];
    text += (i == 0 ? "" : ", ") + gnuplot_text(tick.label) + " " + number(tick.value) +
            (tick.label.empty() ? " 1" : "");
  }
  return text + ")\n";
}

std::string axis(const char* name, const std::string& title, const Scale& scale) {
  const std::string axis = name;
  return (scale.logarithmic ? "set logscale " + axis + "\n" : std::string()) + "set " + axis +
         "range [" + rounded(scale.low) + ":" + rounded(scale.high) + "]\n" + ticks(name, scale) +
         "set " + axis + "label " + gnuplot_text(title) + " noenhanced\n";
}

std::string styles(size_t lines) {
  std::string text;
  for (size_t i = 0; i < lines; ++i)
    text += "set linetype " + std::to_string(i + 1) + " linecolor rgb '" +
            kColours[i % std::size(kColours)] + "' pointtype " +
            std::to_string(kMarkers[i % std::size(kMarkers)]) + " dashtype " +
            kDashes[i % std::size(kDashes)] + " linewidth 1.2 pointsize 0.45\n";
  return text;
}

/// Bars are vectors with flat heads: yerrorbars paint white over what is below their points.
std::string plots(const Chart& chart, const FigureStyle& style) {
  std::string text = "plot \\\n";
  if (chart.quantity->format == Format::kRatio)
    text += "  1 linecolor rgb '#999999' linewidth 0.6 dashtype solid notitle, \\\n";
  const std::string file = gnuplot_text(style.data_file);
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const std::string index = std::to_string(i), type = std::to_string(i + 1);
    if (has_bars(chart.lines[i]))
      text += "  " + file + " index " + index + " using 1:3:(0):($4-$3) with vectors " +
              "heads size graph 0.008,90 nofilled linetype " + type +
              " dashtype solid linewidth 0.6 notitle, \\\n";
    text += "  " + file + " index " + index + " using 1:2 with linespoints linetype " + type +
            " title " + gnuplot_text(chart.lines[i].name) + " noenhanced" +
            (i + 1 < chart.lines.size() ? ", \\\n" : "\n");
  }
  return text;
}

}  // namespace

double figure_height_in(const Chart& chart, double width_in) {
  constexpr double kRowPt = 1.35 * kFontPt, kAxisPt = 34;
  const double plot_pt = std::clamp(0.58 * width_in * kPtPerInch, 110.0, 420.0);
  return (plot_pt + kAxisPt + kRowPt * static_cast<double>(key_rows(chart, width_in))) / kPtPerInch;
}

std::string gnuplot_text(std::string_view text) {
  constexpr std::string_view kPlain = " .,:;=_-+/()[]";
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    // XML allows no "]]>" in text, and gnuplot writes it into SVG as it is.
    if (c == '>' && quoted.ends_with("]]")) quoted += ' ';
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80 || kPlain.find(c) != std::string_view::npos) {
      quoted += c;
    } else {
      quoted += '\\';
      for (const int shift : {6, 3, 0}) quoted += static_cast<char>('0' + ((byte >> shift) & 7));
    }
  }
  return quoted + '"';
}

std::string figure_script(const Chart& chart, const FigureStyle& style) {
  const double plot_characters = style.width_in * kPtPerInch / kCharacterPt - 14;
  const size_t columns = key_columns(chart, style.width_in);
  return "# Draws a figure of attnbench: gnuplot -d THIS_FILE\n"
         "set encoding utf8\n"
         "set terminal " +
         terminal(chart, style) +
         "\n"
         "set output " +
         gnuplot_text(style.output) +
         "\n"
         "set border 3 linewidth 0.6\n"
         "set tics nomirror scale 0.6,0.3\n"
         "set grid xtics ytics linecolor rgb '#dddddd' linewidth 0.4, linecolor rgb '#eeeeee' "
         "linewidth 0.2\n"
         "set key outside center top horizontal Left reverse noenhanced samplen 2.6 spacing 1.1 " +
         // gnuplot thinks that SVG's letters are wider than they are.
         std::string(style.picture == Picture::kSvg ? "width -4 " : "") + "maxcols " +
         std::to_string(columns) + " maxrows " + std::to_string(key_rows(chart, style.width_in)) +
         "\n" + styles(chart.lines.size()) +
         axis("x", chart.x.title(), measured_scale(all_x(chart), plot_characters)) +
         axis("y", chart.y_title, value_scale(chart.quantity->format, all_y(chart))) +
         plots(chart, style);
}

std::string figure_data(const Chart& chart) {
  std::string text = "# " + chart.x.name + ", " + chart.quantity->name + ", low, high\n";
  const auto cell = [](const std::optional<double>& value) {
    return value ? record::shortest(*value) : std::string("NaN");
  };
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    text += i == 0 ? "" : "\n\n";
    text += "# " + printable(chart.lines[i].name) + "\n";
    for (const ChartPoint& p : chart.lines[i].points)
      text += record::shortest(p.x) + " " + cell(p.y) + " " + cell(p.low) + " " + cell(p.high) +
              (p.y ? "" : std::string("  # ") + record::outcome_name(p.outcome)) + "\n";
  }
  return text;
}

}  // namespace attnbench::report
