// Reads the options of figures and tables, and writes the files.
#include "cli/paper.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <iostream>

#include "analyze/analysis.h"
#include "cli/gnuplot.h"
#include "config/config.h"
#include "config/problems.h"
#include "record/format.h"
#include "report/caption.h"
#include "report/escape.h"
#include "report/figure.h"
#include "report/paper_table.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;
using config::ConfigError;

struct OutputFile {
  std::string folder, name, text;
};

/// "time.pdf" as folder, stem "time" and ending ".pdf".
struct Target {
  std::string folder, stem, ending;
};

Target read_target(const std::string& option, const std::string& file,
                   const std::vector<std::string>& endings) {
  const fs::path path(file);
  const std::string what = option + " " + report::printable(file) + ": ";
  const std::string ending = path.extension().string();
  if (std::find(endings.begin(), endings.end(), ending) == endings.end())
    throw ConfigError(
        {what + "ends in none of " + config::join(endings, ", ") + ", which say what to write"});
  if (fs::is_directory(path)) throw ConfigError({what + "is a folder; give the file to write"});
  if (report::printable(file) != file)
    throw ConfigError({what + "has a control character in its name; give another name"});
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  if (!fs::is_directory(folder)) throw ConfigError({what + "there is no folder " + folder});
  return {folder, path.stem().string(), ending};
}

const report::Quantity& read_quantity(const std::string& option, const std::string& name) {
  if (const report::Quantity* const quantity = report::find_quantity(name)) return *quantity;
  std::vector<std::string> known;
  for (const report::Quantity& q : report::quantities()) known.push_back(q.name);
  throw ConfigError({option + " " + report::printable(name) + ": no quantity has this name" +
                     config::suggestion(name, known) + "; the quantities are " +
                     config::join(known, ", ")});
}

report::ChartX read_x(const record::Run& run, const std::string& given) {
  const std::vector<report::ChartX> varying = report::varying_x(run);
  const std::string name = given.empty() || given == "n" ? "seq_len" : given;
  std::vector<std::string> known;
  for (const report::ChartX& x : varying) {
    if (x.name == name) return x;
    known.push_back(x.name);
  }
  if (given.empty() && !varying.empty()) return varying.front();
  if (given.empty()) return {name, &record::axis_named(name)};
  throw ConfigError({"--x " + report::printable(given) + ": the run has no two values of it; " +
                     (known.empty() ? "nothing varies in this run"
                                    : "these vary: " + config::join(known, ", "))});
}

double read_width_in(const std::string& text) {
  constexpr struct {
    const char* name;
    double inches;
  } kUnits[] = {{"in", 1}, {"cm", 1 / 2.54}, {"mm", 1 / 25.4}, {"pt", 1 / 72.27}};
  constexpr double kLeast = 1.5, kMost = 20;
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit_text(rest, static_cast<size_t>(text.data() + text.size() - rest));
  for (const auto& unit : kUnits)
    if (error == std::errc() && unit_text == unit.name && value * unit.inches >= kLeast &&
        value * unit.inches <= kMost)
      return value * unit.inches;
  throw ConfigError({"--width " + report::printable(text) +
                     ": give a width from 1.5in to 20in, as in 3.3in, 8.4cm, 84mm or 240pt"});
}

/// The name as LaTeX's labels take it.
std::string label_text(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  return name;
}

report::Picture picture_of(const std::string& ending) {
  return ending == ".pdf"   ? report::Picture::kPdf
         : ending == ".svg" ? report::Picture::kSvg
                            : report::Picture::kPng;
}

/// Draws the figure; adds its files to `files`.
void make_figure(const record::Run& run, const analyze::Analysis& analysis, const PaperArgs& args,
                 std::vector<OutputFile>& files, std::ostream& out) {
  const Target target = read_target("--figure", args.figure, {".pdf", ".svg", ".png"});
  const report::Quantity& quantity = read_quantity("--chart", args.chart);
  const report::Chart chart = report::make_chart(run, analysis, quantity, read_x(run, args.x));
  if (chart.lines.empty())
    throw ConfigError({"--figure " + args.figure + ": no case of the run has a value of " +
                       quantity.name + "; --chart names another quantity"});
  Drawing drawing{target.stem + ".gp", "", target.stem + ".dat", "", target.stem + target.ending};
  drawing.script =
      report::figure_script(chart, {picture_of(target.ending), read_width_in(args.width),
                                    "./" + drawing.picture_file, "./" + drawing.data_file});
  drawing.data = report::figure_data(chart);
  const std::string caption = report::figure_caption(run, analysis, chart);
  files.push_back({target.folder, drawing.picture_file, draw(drawing)});
  files.push_back({target.folder, target.stem + ".figure.tex",
                   report::figure_tex(drawing.picture_file, caption, label_text(target.stem))});
  if (args.keep) {
    files.push_back({target.folder, drawing.script_file, drawing.script});
    files.push_back({target.folder, drawing.data_file, drawing.data});
  }
  out << "Figure: " << caption << "\n";
}

void make_table(const record::Run& run, const analyze::Analysis& analysis, const PaperArgs& args,
                std::vector<OutputFile>& files, std::ostream& out) {
  const bool to_stdout = args.table == "-";
  const Target target = to_stdout ? Target{"", "", ".md"}
                                  : read_target("--table", args.table, {".tex", ".md", ".csv"});
  std::vector<const report::Quantity*> columns;
  for (const std::string& name : args.columns) columns.push_back(&read_quantity("--columns", name));
  if (columns.empty()) columns = report::usual_columns(run, analysis);
  const report::PaperTable table =
      report::make_paper_table(run, analysis, read_x(run, args.x), columns);
  const std::string text = target.ending == ".tex"
                               ? report::paper_table_tex(table, label_text(target.stem))
                           : target.ending == ".md" ? report::paper_table_md(table)
                                                    : report::paper_table_csv(table);
  if (to_stdout) {
    std::cout << text;
    return;
  }
  files.push_back({target.folder, target.stem + target.ending, text});
  out << "Table: " << table.caption << "\n";
}

std::string path_of(const OutputFile& file) {
  return (fs::path(file.folder) / file.name).lexically_normal().string();
}

void require_different(const std::vector<OutputFile>& files) {
  for (size_t i = 0; i < files.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (fs::weakly_canonical(path_of(files[i])) == fs::weakly_canonical(path_of(files[k])))
        throw ConfigError({path_of(files[i]) +
                           ": would be written twice; give figure and table different names"});
}

}  // namespace

CLI::App* add_paper(CLI::App& command, PaperArgs& args) {
  CLI::App* const group = command.add_option_group("paper", "For a paper, instead of the reports");
  auto* const figure = group->add_option(
      "--figure", args.figure,
      "Draw a figure by gnuplot: FILE.pdf, .svg or .png. FILE.figure.tex, for \\input, shows it "
      "with a caption that says machine, commit, samples and intervals");
  args.chart = report::quantities().front().name;
  group
      ->add_option("--chart", args.chart,
                   "What the figure draws: a quantity, as cases.csv calls it")
      ->capture_default_str()
      ->needs(figure);
  group->add_option("--width", args.width, "Width of the figure, in in, cm, mm or TeX's pt")
      ->capture_default_str()
      ->needs(figure);
  group
      ->add_flag(
          "--keep", args.keep,
          "Keep FILE.gp and FILE.dat, from which `gnuplot -d FILE.gp` draws the figure again")
      ->needs(figure);
  auto* const table = group->add_option(
      "--table", args.table,
      "Write a table of the cases: FILE.tex (needs booktabs and siunitx), .md or .csv; - prints "
      "Markdown");
  group
      ->add_option("--columns", args.columns,
                   "The table's quantities, as cases.csv calls them: time_median_s,gflops")
      ->delimiter(',')
      ->needs(table);
  group->add_option(
      "--x", args.x,
      "An axis of the sweep or a parameter of the variants that varies: the figure's x "
      "axis, the table's second column (default: n)");
  return group;
}

void write_papers(const record::Run& run, const PaperArgs& args) {
  if (args.figure.empty() && args.table.empty())
    throw ConfigError({"report: --x needs --figure or --table"});
  const analyze::Analysis analysis = analyze::analyze(run);
  std::ostream& out = args.table == "-" ? std::cerr : std::cout;
  std::vector<OutputFile> files;
  if (!args.figure.empty()) make_figure(run, analysis, args, files, out);
  if (!args.table.empty()) make_table(run, analysis, args, files, out);
  require_different(files);
  for (const OutputFile& file : files) run::write_file(file.folder, file.name, file.text);
  for (const OutputFile& file : files) out << path_of(file) << "\n";
}

}  // namespace attnbench::cli
