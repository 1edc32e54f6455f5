// Citations and commands from the facts of a run.
#include "report/cite.h"

#include <cctype>

#include "report/escape.h"

namespace attnbench::report {
namespace {

constexpr std::string_view kDirty = "+dirty";

std::string day(const record::Run& run) {
  return run.started_utc.substr(0, 10);
}

/// The commit to check out; empty if it is unknown.
std::string commit(const record::Run& run) {
  const std::string& name = run.build.git_commit;
  if (name.empty() || name == "unknown") return {};
  return printable(name.substr(0, name.find(kDirty)));
}

std::string program(const record::Run& run, size_t commit_digits) {
  const std::string digits = commit(run).substr(0, commit_digits);
  const bool dirty = run.build.git_commit.ends_with(kDirty);
  return "attnbench" + (digits.empty() ? "" : ", commit " + digits + (dirty ? kDirty.data() : ""));
}

std::string machine(const record::Run& run) {
  return printable(run.machine.cpu) + ", " + std::to_string(run.machine.cores) + " cores, " +
         printable(run.machine.os);
}

/// A citation key of characters that BibTeX accepts.
std::string key(const record::Run& run) {
  std::string text = "attnbench-" + run.name + "-" + day(run);
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  return text;
}

}  // namespace

std::string citation(const record::Run& run, size_t commit_digits) {
  return "Run \"" + printable(run.name) + "\" of " + day(run) + ", measured with " +
         program(run, commit_digits) + ", on " + machine(run) + ".";
}

std::string bibtex(const record::Run& run) {
  return "@misc{" + key(run) + ",\n  title = {Attention on a CPU: attnbench run " +
         tex_text(run.name) + "},\n  howpublished = {" + tex_text(program(run, 40)) +
         "},\n  year = {" + day(run).substr(0, 4) + "},\n  note = {Measured " + day(run) + " on " +
         tex_text(machine(run)) + "}\n}";
}

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : printable(text)) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::string run_command(const record::Run& run) {
  std::string text = "./attnbench run";
  for (const record::Plugin& plugin : run.plugins) text += " --plugin " + shell_word(plugin.path);
  for (const record::VariantFile& file : run.variant_files)
    text += " --python " + shell_word(file.path);
  return text + " -";
}

std::string reproduce_commands(const record::Run& run) {
  std::string text;
  if (run.build.git_commit.ends_with(kDirty))
    text += "# The tree had changes beside this commit.\n";
  if (!commit(run).empty()) text += "git checkout " + commit(run) + "\n";
  for (const auto& [name, value] : run.environment)
    text += "export " + printable(name) + "=" + shell_word(value) + "\n";
  text += "ATTNBENCH_MARCH=" + shell_word(run.build.march) + " " + run_command(run) + " <<'END'\n";
  return text + run.config_json + (run.config_json.ends_with('\n') ? "" : "\n") + "END";
}

}  // namespace attnbench::report
