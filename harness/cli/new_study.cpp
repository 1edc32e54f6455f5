// `new --study`: writes a study to start from.
#include "cli/new_study.h"

#include <filesystem>
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/new_files.h"
#include "cli/write_new.h"
#include "config/config.h"
#include "config/values.h"
#include "study/read.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemplateName = "my_study";

/// Without the lines that name a schema: another folder has none beside it.
std::string without_schema(std::string text) {
  const size_t at = text.find("  \"$schema\"");
  if (at != std::string::npos) text.erase(at, text.find('\n', at) + 1 - at);
  return text;
}

}  // namespace

int write_new_study(const std::string& name, const std::string& dir) {
  if (!config::is_plain_name(name))
    throw config::ConfigError({"study '" + config::printable(name) +
                               "': expected the name of a folder, such as my_study: up to 100 "
                               "letters, digits, '.', '_' and '-', not beginning with '.' or '-'"});
  const bool in_tree = dir.empty();
  const fs::path folder = in_tree ? source_tree() / "configs" / name : fs::path(dir);
  std::string study = under_name(kNewStudy, kTemplateName, name);
  std::string config(kNewStudyConfig);
  if (!in_tree) {
    study = without_schema(study);
    config = without_schema(config);
  }
  write_all_new({{folder / study::kStudyFile, study}, {folder / "time.json", config}});
  const fs::path shown = in_tree ? fs::path("configs") / name : folder;
  std::cout << "Next" << (in_tree ? ", from the root of the tree" : "") << ":\n  "
            << (in_tree ? "./" : "") << "attnbench study " << shown.string() << "\n";
  return kExitOk;
}

}  // namespace attnbench::cli
