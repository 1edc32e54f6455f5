// The options of `report` that write a figure or a table for a paper.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

struct PaperArgs {
  std::string figure;  ///< File of the picture; empty: none.
  std::string chart;   ///< A quantity.
  std::string x;       ///< An axis or a parameter; empty: the first that varies, n before others.
  std::string width = "3.3in";
  bool keep = false;
  std::string table;  ///< File of the table, or "-"; empty: none.
  std::vector<std::string> columns;
};

/// Adds a group with all of them.
CLI::App* add_paper(CLI::App& command, PaperArgs& args);

/// Writes what the options name, and prints the captions. Throws config::ConfigError and
/// run::EnvironmentError; then no file has changed.
void write_papers(const record::Run& run, const PaperArgs& args);

}  // namespace attnbench::cli
