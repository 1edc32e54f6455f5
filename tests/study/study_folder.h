// A small study in a folder of its own, which a test changes in one place to see what the reader
// says.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/problems.h"
#include "study/read.h"
#include "temporary_folder.h"

namespace attnbench::study::testing {

/// Has study.json, time.json, probe.json and table.json. Configs name the variants of
/// config::testing::catalogue().
class StudyFolder {
 public:
  StudyFolder();

  /// Gives the place in the file that the JSON pointer names another value, or a first one.
  StudyFolder& set(const std::string& file, const std::string& pointer, const std::string& json);
  StudyFolder& erase(const std::string& file, const std::string& pointer);
  /// Makes the file hold this text.
  StudyFolder& write(const std::string& file, const std::string& text);
  void remove(const std::string& file) const;

  Ready read(Size size = Size::kFull, const std::vector<std::string>& only = {}) const;

  /// What is wrong, one a line, without the path of the folder; empty if nothing is.
  std::string problems(Size size = Size::kFull, const std::vector<std::string>& only = {}) const;
  std::string problems_of_results() const;

  std::string path() const { return folder_.path(); }

 private:
  nlohmann::ordered_json document(const std::string& file) const;

  test::TemporaryFolder folder_{"study"};
};

/// The problems of the study with one value changed.
std::string problems_with(const std::string& file, const std::string& pointer,
                          const std::string& json);

/// A value that the reader refuses.
struct Bad {
  std::string pointer, json;
  std::string problem;  ///< The only line of the error, after the file's name.
};
/// Checks that each value, at `at` and its pointer, gives its problem and no other.
void check_refused(const std::string& file, const std::string& at, const std::vector<Bad>& table);

}  // namespace attnbench::study::testing
