// Writes the files of `new`, and never over a file that exists.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attnbench::cli {

struct NewFile {
  std::filesystem::path path;
  std::string text;
};

/// `text` with the name that a template has replaced by `name`.
std::string under_name(std::string_view text, std::string_view template_name,
                       const std::string& name);

/// The source tree that holds the current folder. Throws config::ConfigError if there is none.
std::filesystem::path source_tree();

/// Writes all of them, of one folder, and says so; or throws and writes none.
void write_all_new(const std::vector<NewFile>& files);

}  // namespace attnbench::cli
