// Draws a chart as SVG.
#include <algorithm>
#include <cmath>

#include "record/format.h"
#include "report/escape.h"
#include "report/scale.h"
#include "study/figure.h"
#include "study/html_parts.h"

namespace attnbench::study {
namespace {

using report::Scale;
using report::Tick;

constexpr double kWidth = 480, kHeight = 300, kLeft = 66, kRight = 12, kTop = 10, kBottom = 46;
constexpr double kMarker = 4;

/// Okabe and Ito's colours, which the colour-blind can tell apart; the first is the text's, so that
/// it shows on dark pages, too.
constexpr const char* kColours[] = {"currentColor", "#e69f00", "#0072b2", "#56b4e9",
                                    "#d55e00",      "#009e73", "#cc79a7"};
constexpr const char* kDashes[] = {"", "6 4", "2 3"};

std::string at(double value) {
  return record::format_fixed(value, 1);
}

/// A circle, a square, a diamond or a triangle: lines differ in marker as well as in colour.
std::string marker(size_t line, double x, double y) {
  const double r = kMarker;
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string points;
    for (const auto& [dx, dy] : corners) points += at(x + dx) + "," + at(y + dy) + " ";
    return "<polygon points=\"" + points + "\"/>";
  };
  switch (line % 4) {
    case 0:
      return "<circle cx=\"" + at(x) + "\" cy=\"" + at(y) + "\" r=\"" + at(r - 0.5) + "\"/>";
    case 1:
      return polygon({{-r + 1, -r + 1}, {r - 1, -r + 1}, {r - 1, r - 1}, {-r + 1, r - 1}});
    case 2:
      return polygon({{0, -r - 1}, {r + 1, 0}, {0, r + 1}, {-r - 1, 0}});
    default:
      return polygon({{0, -r}, {r, r - 1}, {-r, r - 1}});
  }
}

std::string colour(size_t line) {
  return kColours[line % std::size(kColours)];
}

std::string begin_line(size_t line) {
  const std::string dash = kDashes[line / std::size(kColours) % std::size(kDashes)];
  return "<g stroke=\"" + colour(line) + "\" fill=\"" + colour(line) + "\"" +
         (dash.empty() ? "" : " stroke-dasharray=\"" + dash + "\"") + ">";
}

/// "10^{-7}", which gnuplot reads, as text: "10⁻⁷".
std::string plain_label(const std::string& label) {
  static constexpr const char* kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  bool raised = false;
  for (size_t i = 0; i < label.size(); ++i) {
    const char c = label[i];
    if (c == '^' && i + 1 < label.size() && label[i + 1] == '{') {
      raised = true;
      ++i;
    } else if (raised && c == '}') {
      raised = false;
    } else if (raised) {
      text += c == '-' ? "⁻" : kRaised[c - '0'];
    } else {
      text += c;
    }
  }
  return text;
}

/// The scales of a figure, and where they put a value.
class Plane {
 public:
  explicit Plane(const Figure& figure) {
    std::vector<double> xs, ys;
    for (const FigureLine& line : figure.lines)
      for (const FigurePoint& p : line.points) {
        xs.push_back(p.x);
        ys.push_back(p.y);
        if (p.interval && std::isfinite(p.interval->low) && std::isfinite(p.interval->high))
          ys.insert(ys.end(), {p.interval->low, p.interval->high});
      }
    constexpr double kCharacters = 44;
    x_ = report::measured_scale(xs, kCharacters);
    y_ = report::value_scale(figure.format, ys);
    if (y_.logarithmic && *std::ranges::min_element(ys) <= 0) make_floor();
  }

  const Scale& x_scale() const { return x_; }
  const Scale& y_scale() const { return y_; }
  double x(double value) const { return kLeft + part(x_, value) * (kWidth - kLeft - kRight); }
  double y(double value) const {
    return kHeight - kBottom - part(y_, value) * (kHeight - kTop - kBottom);
  }

 private:
  /// A value of 0 has no place on a logarithmic scale: it stands on a floor below all others.
  void make_floor() {
    y_.low /= 10;
    std::erase_if(y_.ticks, [&](const Tick& tick) { return tick.value <= y_.low * 2; });
    y_.ticks.insert(y_.ticks.begin(), Tick{y_.low, "0"});
  }

  static double part(const Scale& scale, double value) {
    const double held = std::clamp(value, scale.low, scale.high);
    return scale.logarithmic ? std::log(held / scale.low) / std::log(scale.high / scale.low)
                             : (held - scale.low) / (scale.high - scale.low);
  }

  Scale x_, y_;
};

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + anchor + "\">" +
         html_text(words) + "</text>";
}

std::string rule(double x1, double y1, double x2, double y2) {
  return "<path d=\"M" + at(x1) + " " + at(y1) + "L" + at(x2) + " " + at(y2) + "\"/>";
}

std::string axes(const Figure& figure, const Plane& plane) {
  std::string lines, labels;
  for (const Tick& tick : plane.y_scale().ticks) {
    if (tick.label.empty()) continue;
    const double y = plane.y(tick.value);
    lines += rule(kLeft, y, kWidth - kRight, y);
    labels += text(kLeft - 8, y + 4, "end", plain_label(tick.label));
  }
  for (const Tick& tick : plane.x_scale().ticks) {
    const double x = plane.x(tick.value);
    lines += rule(x, kHeight - kBottom, x, kHeight - kBottom + 5);
    if (!tick.label.empty())
      labels += text(x, kHeight - kBottom + 20, "middle", plain_label(tick.label));
  }
  labels += text((kLeft + kWidth) / 2, kHeight - 8, "middle", figure.x_title);
  return "<g class=\"grid\">" + lines + "</g><g class=\"labels\">" + labels + "</g>";
}

std::string curve(const FigureLine& line, size_t index, const Plane& plane) {
  std::string path, bars, markers;
  for (const FigurePoint& p : line.points) {
    const double x = plane.x(p.x), y = plane.y(p.y);
    path.append(path.empty() ? "M" : "L").append(at(x)).append(" ").append(at(y));
    if (p.interval) bars += rule(x, plane.y(p.interval->low), x, plane.y(p.interval->high));
    markers += marker(index, x, y);
  }
  return begin_line(index) + "<path class=\"curve\" d=\"" + path + "\"/>" + bars +
         "<g stroke=\"none\">" + markers + "</g></g>";
}

}  // namespace

std::string figure_svg(const Figure& figure, const std::string& id) {
  const Plane plane(figure);
  std::string svg = "<svg viewBox=\"0 0 " + at(kWidth) + " " + at(kHeight) +
                    "\" role=\"img\" aria-labelledby=\"" + id + "_title " + id + "_words\">" +
                    "<title id=\"" + id + "_title\">" + html_text(figure.title) + "</title>" +
                    "<desc id=\"" + id + "_words\">" + html_text(figure_words(figure)) + "</desc>" +
                    axes(figure, plane);
  for (size_t i = 0; i < figure.lines.size(); ++i) svg += curve(figure.lines[i], i, plane);
  return svg + "</svg>";
}

std::string swatch_svg(size_t line) {
  return "<svg class=\"swatch\" viewBox=\"0 0 28 12\" aria-hidden=\"true\">" + begin_line(line) +
         rule(0, 6, 28, 6) + "<g stroke=\"none\">" + marker(line, 14, 6) + "</g></g></svg>";
}

}  // namespace attnbench::study
