// Writes the files of `new`.
#include "cli/write_new.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "config/config.h"
#include "run/run_dir.h"

namespace attnbench::cli {

namespace fs = std::filesystem;

namespace {

/// Throws if the file exists already.
void write_new(const NewFile& file) {
  const int fd = open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST)
    throw config::ConfigError({file.path.string() + " exists; it was left as it is"});
  const bool written = fd >= 0 && run::write_all(fd, file.text);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!written) throw run::EnvironmentError(file.path.string() + ": " + std::strerror(error));
}

}  // namespace

std::string under_name(std::string_view text, std::string_view template_name,
                       const std::string& name) {
  std::string result(text);
  for (size_t at = 0; (at = result.find(template_name, at)) != std::string::npos; at += name.size())
    result.replace(at, template_name.size(), name);
  return result;
}

fs::path source_tree() {
  for (fs::path folder = fs::current_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / "harness/include/attnbench/variant.h") &&
        fs::exists(folder / "variants/CMakeLists.txt"))
      return folder;
    if (folder == folder.root_path())
      throw config::ConfigError(
          {"this folder is not in attnbench's source tree; --dir D makes a project of its own in "
           "D"});
  }
}

void write_all_new(const std::vector<NewFile>& files) {
  for (const NewFile& file : files)
    if (fs::exists(fs::symlink_status(file.path)))
      throw config::ConfigError({file.path.string() + " exists; nothing was written"});
  if (const fs::path folder = files.front().path.parent_path(); !folder.empty())
    run::make_folder(folder.string());
  for (const NewFile& file : files) {
    write_new(file);
    std::cout << "wrote " << file.path.string() << "\n";
  }
}

}  // namespace attnbench::cli
