// Reads a study's folder: study.json, its tables and configs, and what only all of them can tell.
#include "study/read.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "analyze/statistics.h"
#include "config/document.h"
#include "study/read_claims.h"
#include "study/read_document.h"
#include "study/read_plans.h"
#include "study/read_tables.h"

namespace attnbench::study {
namespace {

namespace fs = std::filesystem;

using config::ConfigError;
using config::Problems;

/// The problems of all files, in the order in which they are read.
class Findings {
 public:
  /// Whether `read` threw no ConfigError, whose problems are kept, each behind `prefix`.
  template <class Read>
  bool gather(const Read& read, const std::string& prefix = "") {
    try {
      read();
      return true;
    } catch (const ConfigError& error) {
      for (const std::string& problem : error.problems()) problems_.push_back(prefix + problem);
      return false;
    }
  }
  void add(const Problems& problems) {
    gather([&] { problems.throw_if_any(); });
  }
  void add(const std::string& problem) { problems_.push_back(problem); }
  void throw_if_any() const {
    if (!problems_.empty()) throw ConfigError(problems_);
  }

 private:
  std::vector<std::string> problems_;
};

/// study.json and its tables.
struct Sources {
  std::string file;  ///< The path of study.json.
  Study study;
  std::vector<bool> sound_tables;  ///< Parallel to Study::tables.
  std::vector<std::pair<std::string, std::string>> files;
};

const PublishedTable* sound_table(const Sources& sources, const std::string& name) {
  for (size_t i = 0; i < sources.study.tables.size(); ++i)
    if (sources.study.tables[i].file == name && sources.sound_tables[i])
      return &sources.study.tables[i];
  return nullptr;
}

void check_published_claims(const Sources& sources, Problems& problems) {
  for (const Section& section : sources.study.sections)
    for (const Claim& claim : section.claims)
      if (const auto* const rule = std::get_if<AsPublished>(&claim.rule))
        if (const PublishedTable* table = sound_table(sources, rule->table))
          check_published(claim, *rule, *table, problems);
}

/// Throws ConfigError if study.json cannot be read at all.
Sources read_sources(const fs::path& folder, Findings& findings) {
  Sources sources;
  sources.file = (folder / kStudyFile).string();
  const std::string text = config::read_file(sources.file, "the file of a study");
  sources.files.emplace_back(kStudyFile, text);
  Problems problems(sources.file);
  sources.study = parse_study(text, sources.file, problems);

  Findings of_tables;
  for (PublishedTable& table : sources.study.tables) {
    const std::string path = (folder / table.file).string();
    sources.sound_tables.push_back(of_tables.gather([&] {
      std::string table_text = config::read_file(path, "the file of a published table");
      Problems table_problems(path);
      PublishedTable read = parse_table(table_text, path, table_problems);
      table_problems.throw_if_any();
      read.file = table.file;
      table = std::move(read);
      sources.files.emplace_back(table.file, std::move(table_text));
    }));
  }
  check_published_claims(sources, problems);
  findings.add(problems);
  findings.gather([&] { of_tables.throw_if_any(); });
  return sources;
}

/// Leaves the sections that `wanted` names; all of them if it is empty.
void keep_sections(Study& study, const std::vector<std::string>& wanted, Findings& findings) {
  if (wanted.empty()) return;
  std::vector<std::string> ids;
  for (const Section& section : study.sections) ids.push_back(section.id);
  for (const std::string& id : wanted)
    if (std::ranges::find(ids, id) == ids.end())
      findings.add("--only " + config::printable(id) + ": there is no such section; there are: " +
                   config::join(ids, ", ") + config::suggestion(id, ids));
  std::erase_if(study.sections, [&](const Section& section) {
    return std::ranges::find(wanted, section.id) == wanted.end();
  });
  std::erase_if(study.configs, [&](const ConfigOf& config) {
    return std::ranges::find(study.sections, config.file, &Section::config) == study.sections.end();
  });
}

/// What the configs of one study are read with.
struct Reading {
  fs::path folder;
  Size size;
  const registry::Catalogue& catalogue;
  int cores;
};

/// Of both sizes, so that a wrong override is found before anyone needs it; the wanted one is
/// returned, and nothing if there is a problem.
std::optional<config::Config> read_config_of(const ConfigOf& from, const Reading& reading,
                                             const std::string& study_file, Findings& findings) {
  const std::string path = (reading.folder / from.file).string();
  std::optional<config::Config> full, quick;
  const auto read = [&](const std::vector<std::string>& overrides) {
    return config::read_config(path, overrides, reading.catalogue, reading.cores);
  };
  if (!findings.gather([&] { full = read({}); })) return std::nullopt;
  if (from.quick.empty())
    quick = full;
  else
    findings.gather([&] { quick = read(from.quick); },
                    study_file + ": 'quick' of " + from.file + ": ");
  if (reading.size == Size::kFull) return full;
  if (quick)
    quick->measure.rounds = std::min<int64_t>(quick->measure.rounds, analyze::kFewestSamples);
  return quick;
}

/// Tries what the sections say of the configs that could be read.
void check_plans(const Sources& sources, const std::vector<Planned>& plans, Size size,
                 const fs::path& folder, Findings& findings) {
  Problems problems(sources.file);
  Findings of_tables;
  for (const Section& section : sources.study.sections) {
    const auto planned = std::ranges::find(plans, section.config, &Planned::file);
    if (planned == plans.end()) continue;
    check_section(section, *planned, size == Size::kQuick, problems);
    for (const Exhibit& exhibit : section.shows) {
      const auto* const shown = std::get_if<TableOf>(&exhibit);
      const PublishedTable* table = shown == nullptr ? nullptr : sound_table(sources, shown->table);
      if (table == nullptr) continue;
      Problems of_table((folder / table->file).string());
      check_table(*table, *planned, of_table);
      of_tables.add(of_table);
    }
  }
  findings.add(problems);
  findings.gather([&] { of_tables.throw_if_any(); });
}

}  // namespace

Ready read_study(const std::string& folder, Size size, const std::vector<std::string>& sections,
                 const registry::Catalogue& catalogue, int cores) {
  Findings findings;
  Sources sources = read_sources(folder, findings);
  keep_sections(sources.study, sections, findings);

  const Reading reading{folder, size, catalogue, cores};
  std::vector<Planned> plans;
  for (const ConfigOf& from : sources.study.configs)
    if (auto config = read_config_of(from, reading, sources.file, findings))
      plans.push_back(plan_config(from.file, std::move(*config), catalogue));
  check_plans(sources, plans, size, folder, findings);
  findings.throw_if_any();

  Ready ready{std::move(sources.study), {}, std::move(sources.files)};
  for (Planned& planned : plans) ready.configs.push_back(std::move(planned.config));
  return ready;
}

Study read_results(const std::string& folder) {
  Findings findings;
  Sources sources = read_sources(folder, findings);
  findings.throw_if_any();
  return std::move(sources.study);
}

}  // namespace attnbench::study
