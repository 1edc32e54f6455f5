// A small study in a folder of its own.
#include "study_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "config/config.h"
#include "config/fakes.h"

namespace attnbench::study::testing {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kStudyText[] = R"({
  "$schema": "../study.schema.json",
  "name": "mini",
  "title": "A small study",
  "introduction": "It begins.",
  "limits": ["It ends."],
  "configs": [{"file": "time.json", "quick": ["sweep.seq_len=[8,16]"]}, {"file": "probe.json"}],
  "tables": ["table.json"],
  "sections": [
    {"id": "time", "title": "Time", "question": "How long?", "text": ["One.", "Two."],
     "config": "time.json",
     "shows": [
       {"chart": "time", "only": ["full", {"variant": "window", "params": {"left": 4}}]},
       {"sentence": "我正在", "readings": ["wǒ", "zhèng", "zài"], "only": ["window"]},
       {"table": "table.json"}],
     "claims": [
       {"says": "Quadratic.", "measure": "growth", "quantity": "time", "of": "full",
        "is": "as declared", "because": "It is."},
       {"says": "Faster.", "measure": "ratio", "quantity": "time", "of": "full",
        "over": {"variant": "window", "causal": true, "seq_len": 128}, "at_least": 2},
       {"says": "It crosses.", "measure": "crossover", "quantity": "time", "of": "window",
        "over": "full", "within": [16, 64]},
       {"says": "As published.", "measure": "ratio", "quantity": "time", "of": {"variant": "full", "seq_len": 128},
        "over": "window",
        "published": {"table": "table.json", "of": "Standard", "over": "Local", "seq_len": 256,
                      "factor": 3}},
       {"says": "Grows as published.", "measure": "growth", "quantity": "time", "of": "full",
        "published": {"table": "table.json", "of": "Local", "from": 128, "within": 0.25}}]},
    {"id": "reach", "title": "Reach", "question": "How far?", "config": "probe.json",
     "shows": [{"chart": "influence", "only": [{"variant": "full", "threads": 2}]},
               {"chart": "time", "x": "threads"}],
     "claims": [
       {"says": "Not far.", "measure": "value", "quantity": "influence",
        "of": {"variant": "window", "threads": 1, "distance": "farthest"}, "at_most": 0},
       {"says": "Near.", "measure": "value", "quantity": "recall",
        "of": {"variant": "window", "threads": 1, "distance": 4, "pairs": 8}, "at_least": 0.5},
       {"says": "It fades.", "measure": "value", "quantity": "influence",
        "of": {"variant": "window", "threads": 1}, "falls": "distance"},
       {"says": "Parallel.", "measure": "value", "quantity": "time", "of": "full",
        "falls": "threads"}]},
    {"id": "last-words", "title": "Last words", "question": "What else?", "text": ["Nothing."]}
  ]
})";

constexpr char kTime[] = R"({
  "name": "time",
  "variants": ["full", {"variant": "window", "params": {"left": 4}}],
  "sweep": {"seq_len": {"from": 8, "to": 128, "factor": 2}, "causal": true, "threads": 1}
})";

constexpr char kProbe[] = R"({
  "name": "probe",
  "variants": ["full", {"variant": "window", "params": {"left": 4}}],
  "sweep": {"seq_len": [32, 64], "threads": [1, 2]},
  "probes": {"influence": {}, "recall": {"pairs": [4, 8]}}
})";

constexpr char kTable[] = R"({
  "paper": "Attention, fast", "authors_year": "Doe 2022", "source": "arXiv 2200.00001, table 1",
  "what": "forward", "machine": "a GPU", "setup": "16 x 8 x 64", "unit": "ms",
  "more_is_better": false, "quantity": "time", "reference": "Standard",
  "rows": [
    {"series": "Standard", "of": "full", "values": {"128": 0.5, "256": 1, "1024": null},
     "out_of_memory": [1024], "note": "stores all scores"},
    {"series": "Local", "of": "window", "values": {"256": 0.5, "128": 0.4, "1024": 2}},
    {"series": "Other", "values": {"128": 3}}]
})";

}  // namespace

StudyFolder::StudyFolder() {
  write("study.json", kStudyText);
  write("time.json", kTime);
  write("probe.json", kProbe);
  write("table.json", kTable);
}

Json StudyFolder::document(const std::string& file) const {
  std::ifstream in(folder_.path(file));
  return Json::parse(in);
}

StudyFolder& StudyFolder::set(const std::string& file, const std::string& pointer,
                              const std::string& json) {
  Json all = document(file);
  all[Json::json_pointer(pointer)] = Json::parse(json);
  return write(file, all.dump(2));
}

StudyFolder& StudyFolder::erase(const std::string& file, const std::string& pointer) {
  Json all = document(file);
  const Json::json_pointer place(pointer);
  Json& parent = all[place.parent_pointer()];
  if (parent.is_array())
    parent.erase(std::stoul(place.back()));
  else
    parent.erase(place.back());
  return write(file, all.dump(2));
}

StudyFolder& StudyFolder::write(const std::string& file, const std::string& text) {
  folder_.write(file, text);
  return *this;
}

void StudyFolder::remove(const std::string& file) const {
  std::filesystem::remove(folder_.path(file));
}

Ready StudyFolder::read(Size size, const std::vector<std::string>& only) const {
  return read_study(folder_.path(), size, only, config::testing::catalogue(), 2);
}

namespace {

template <class Read>
std::string problems_in(const std::string& folder, const Read& read) {
  std::string all;
  try {
    read();
  } catch (const config::ConfigError& error) {
    for (const std::string& problem : error.problems()) all += problem + "\n";
  }
  for (size_t at = 0; (at = all.find(folder, at)) != std::string::npos;)
    all.erase(at, folder.size());
  return all;
}

}  // namespace

std::string StudyFolder::problems(Size size, const std::vector<std::string>& only) const {
  return problems_in(folder_.path(), [&] { read(size, only); });
}

std::string StudyFolder::problems_of_results() const {
  return problems_in(folder_.path(), [&] { read_results(folder_.path()); });
}

std::string problems_with(const std::string& file, const std::string& pointer,
                          const std::string& json) {
  return StudyFolder().set(file, pointer, json).problems();
}

void check_refused(const std::string& file, const std::string& at, const std::vector<Bad>& table) {
  for (const Bad& bad : table) {
    INFO(bad.pointer + " = " + bad.json);
    CHECK(problems_with(file, at + bad.pointer, bad.json) == file + ": " + bad.problem + "\n");
  }
}

}  // namespace attnbench::study::testing
