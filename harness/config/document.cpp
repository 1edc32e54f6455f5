// Files that people write, from the file to a JSON document.
#include "config/document.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/config.h"
#include "config/parse.h"

namespace attnbench::config {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 20;

}  // namespace

void refuse_file(const std::string& file, const std::string& what) {
  throw ConfigError({printable(file) + ": " + what});
}

std::string read_text(std::istream& in) {
  std::string text(kMostFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

std::string read_file(const std::string& path, const std::string& expected) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    refuse_file(path, "there is no such file");
  if (error) refuse_file(path, "cannot be read: " + error.message());
  if (path.empty() || std::filesystem::is_directory(status))
    refuse_file(path, "is a folder; expected " + expected);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text = read_text(in);
  if (in.bad() || !in.is_open())
    refuse_file(path, std::string("cannot be read: ") + std::strerror(errno));
  return text;
}

Json parse_document(const std::string& text, const std::string& file, Problems& problems) {
  if (text.size() > kMostFileBytes)
    refuse_file(file, "is larger than 1 MiB; expected a short file of JSON");
  Parsed parsed = parse_json(text, Comments::kAllowed);
  if (!parsed.syntax_error.empty()) refuse_file(file, printable(parsed.syntax_error));
  for (const TextProblem& problem : parsed.problems) problems.add(problem.pointer, problem.what);
  if (parsed.stopped) problems.throw_if_any();
  return std::move(parsed.value);
}

}  // namespace attnbench::config
