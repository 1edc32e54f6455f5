// Folders, files and journals of runs, on a real file system.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.h"
#include "run/facts.h"
#include "run/journal.h"
#include "run/run_dir.h"

namespace fs = std::filesystem;
using namespace attnbench;

namespace {

/// A folder that goes away with the test.
struct TemporaryFolder {
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "attnbench_test.XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  std::string path;
};

record::Json run_fact() {
  record::Run run;
  run.name = "kept";
  run.config_json = "{}";
  run.rounds = 3;
  run.cases.emplace_back();
  record::Json fact = {{"fact", "run"}};
  fact.update(record::Json::parse(record::run_to_text(run)));
  return fact;
}

const record::Json kSample = {{"fact", "sample"},   {"case", 0},    {"round", 0},
                              {"time_s", 0.5},      {"cpu_s", 1.0}, {"iterations", 3},
                              {"first_call_s", 2.0}};

}  // namespace

TEST_CASE("A run's folder is its name and time, and latest points to the newest") {
  const TemporaryFolder root;
  const std::string first = run::make_run_dir(root.path, "sweep", "2026-01-31T09:30:00Z");
  CHECK(first == root.path + "/sweep/2026-01-31T09-30-00Z");
  const std::string second = run::make_run_dir(root.path, "sweep", "2026-01-31T09:30:00Z");
  CHECK(second == first + "-2");
  CHECK(fs::read_symlink(root.path + "/sweep/latest") == "2026-01-31T09-30-00Z-2");
}

TEST_CASE("A folder that cannot be made is an error that names it") {
  const TemporaryFolder root;
  std::ofstream(root.path + "/file") << "x";
  REQUIRE_THROWS_WITH(run::make_run_dir(root.path + "/file", "sweep", "t"),
                      ContainsSubstring(root.path + "/file/sweep"));
}

TEST_CASE("If a dangling link is in the way of a run, the error names it and its target") {
  const TemporaryFolder root;
  fs::create_symlink("nowhere", root.path + "/out");
  REQUIRE_THROWS_WITH(run::make_run_dir(root.path + "/out", "sweep", "t"),
                      ContainsSubstring(root.path + "/out: is a link to nowhere"));
  fs::create_directory(root.path + "/nowhere");
  CHECK(run::make_run_dir(root.path + "/out", "sweep", "t") == root.path + "/out/sweep/t");
}

TEST_CASE("If latest is not a link, it is left alone, and no folder is made beside it") {
  const TemporaryFolder root;
  const std::string latest = root.path + "/sweep/latest";
  fs::create_directories(latest);
  REQUIRE_THROWS_WITH(run::make_run_dir(root.path, "sweep", "t"),
                      ContainsSubstring(latest + ": is no link"));
  fs::remove(latest);
  std::ofstream(latest) << "mine";
  REQUIRE_THROWS_WITH(run::make_run_dir(root.path, "sweep", "t"),
                      ContainsSubstring(latest + ": is no link"));
  CHECK(run::read_file(latest) == "mine");
  CHECK(std::distance(fs::directory_iterator(root.path + "/sweep"), fs::directory_iterator()) == 1);
}

TEST_CASE("A file that cannot be renamed into place leaves no temporary file behind") {
  const TemporaryFolder root;
  fs::create_directories(root.path + "/a.txt/full");
  REQUIRE_THROWS_AS(run::write_file(root.path, "a.txt", "new"), run::EnvironmentError);
  CHECK(std::distance(fs::directory_iterator(root.path), fs::directory_iterator()) == 1);
}

TEST_CASE("If the disk is too full for a run, there is an error before its folder is made") {
  const TemporaryFolder root;
  REQUIRE_THROWS_WITH(run::make_run_dir(root.path, "sweep", "t", INT64_MAX),
                      ContainsSubstring("free on this disk"));
  CHECK_FALSE(fs::exists(root.path + "/sweep/t"));
  CHECK_FALSE(fs::exists(root.path + "/sweep/latest"));
}

TEST_CASE("A written file replaces the old one whole and leaves no temporary file behind") {
  const TemporaryFolder root;
  run::write_file(root.path, "a.txt", "old");
  run::write_file(root.path, "a.txt", "new");
  CHECK(run::read_file(root.path + "/a.txt") == "new");
  CHECK(std::distance(fs::directory_iterator(root.path), fs::directory_iterator()) == 1);
}

TEST_CASE("A journal replays to the run that its facts made") {
  const TemporaryFolder root;
  const std::string path = root.path + "/journal.jsonl";
  {
    run::Journal journal(path);
    journal.append(run_fact());
    journal.append(kSample);
    journal.sync();
  }
  const record::Run run = run::replay_journal(path);
  CHECK(run.name == "kept");
  REQUIRE(run.cases.size() == 1);
  REQUIRE(run.cases[0].samples.size() == 1);
  CHECK(run.cases[0].samples[0].time_s == 0.5);
}

TEST_CASE("A torn last line is left out of a replay; a broken line elsewhere is an error") {
  const TemporaryFolder root;
  const std::string path = root.path + "/journal.jsonl";
  const std::string start = record::to_line(run_fact()) + record::to_line(kSample);
  std::ofstream(path) << start << R"({"fact":"sample","case":0,"rou)";
  CHECK(run::replay_journal(path).cases[0].samples.size() == 1);
  std::ofstream(path) << start << "{\"fact\":\"sam\n" << record::to_line(kSample);
  REQUIRE_THROWS_WITH(run::replay_journal(path), ContainsSubstring(path + ":3: not JSON"));
}

TEST_CASE("A resumed journal goes on after its last whole line, and replays as one journal") {
  const TemporaryFolder root;
  const std::string path = root.path + "/journal.jsonl";
  std::ofstream(path) << record::to_line(run_fact()) << record::to_line(kSample) << "{\"fact\":";
  record::Json second = kSample;
  second["round"] = 1;
  record::Run run;
  {
    run::Journal journal(path, run);
    CHECK(run.cases[0].samples.size() == 1);
    journal.append(second);
  }
  CHECK(run::replay_journal(path).cases[0].samples.size() == 2);
}

TEST_CASE("A sample of a round that is unknown or already there is refused") {
  record::Run run;
  run.rounds = 1;
  run.cases.emplace_back();
  run::apply_fact(run, kSample);
  CHECK_THROWS_WITH(run::apply_fact(run, kSample), ContainsSubstring("a second sample"));
  record::Json beyond = kSample;
  beyond["round"] = 1;
  CHECK_THROWS_WITH(run::apply_fact(run, beyond), ContainsSubstring("round 1 of 1"));
}

TEST_CASE(
    "Of several distances of one case the last one counts, and an impossible one is refused") {
  record::Run run;
  run.cases.emplace_back();
  record::Quality quality{64, 0.5, 0.75, 0, 0.875, 0.25};
  for (const double error : {0.5, 0.625}) {
    quality.relative_error = error;
    record::Json fact = record::to_json(quality);
    fact.update({{"fact", "quality"}, {"case", 0}});
    run::apply_fact(run, fact);
  }
  CHECK(run.cases[0].quality->relative_error == 0.625);
  CHECK(run.cases[0].quality->worst_head == 0);
  record::Json never = record::to_json(quality);
  never.update({{"fact", "quality"}, {"case", 0}, {"mass_recall", 1.5}});
  CHECK_THROWS_WITH(run::apply_fact(run, never), ContainsSubstring("quality/mass_recall"));
  CHECK(run.cases[0].quality->mass_recall == 0.25);
}

TEST_CASE("A run that is resumed after its end has no end any more") {
  record::Run run;
  run::apply_fact(run, {{"fact", "end"}, {"finished_utc", "t"}, {"interrupted", "SIGINT"}});
  CHECK(run.interrupted == "SIGINT");
  run::apply_fact(run, {{"fact", "resume"}});
  CHECK(run.interrupted.empty());
  CHECK(run.finished_utc.empty());
}

TEST_CASE("A journal never overwrites another journal") {
  const TemporaryFolder root;
  const run::Journal first(root.path + "/journal.jsonl");
  REQUIRE_THROWS_AS(run::Journal(root.path + "/journal.jsonl"), run::EnvironmentError);
}

TEST_CASE("Of several ceilings for one thread count, the best of each number counts") {
  record::Run run;
  const auto ceiling = [](double gflops, double gbs, double region_s) {
    record::Json fact = record::to_json(record::Ceiling{2, gflops, gbs, region_s});
    fact["fact"] = "ceiling";
    return fact;
  };
  run::apply_fact(run, ceiling(100, 20, 2e-6));
  run::apply_fact(run, ceiling(90, 30, 1e-6));
  REQUIRE(run.ceilings.size() == 1);
  CHECK(run.ceilings[0].fma_gflops == 100);
  CHECK(run.ceilings[0].stream_gbs == 30);
  CHECK(run.ceilings[0].parallel_region_s == 1e-6);
  CHECK_FALSE(run.ceilings[0].bf16_gflops);
  for (const double rate : {300.0, 400.0, 350.0}) {
    record::Json fact = ceiling(50, 10, 3e-6);
    fact["bf16_gflops"] = rate;
    fact["int8_gops"] = 2 * rate;
    run::apply_fact(run, fact);
  }
  run::apply_fact(run, ceiling(50, 10, 3e-6));
  CHECK(run.ceilings[0].bf16_gflops == 400);
  CHECK(run.ceilings[0].int8_gops == 800);
}

TEST_CASE("A case that is planned while the run goes on, and what the run found, are facts") {
  const TemporaryFolder root;
  const std::string path = root.path + "/journal.jsonl";
  record::Case planned;
  planned.id = 1;
  planned.label = "later";
  record::Json fact = {{"fact", "case"}};
  fact.update(record::to_json(planned));
  {
    run::Journal journal(path);
    journal.append(run_fact());
    journal.append(fact);
    journal.append({{"fact", "sample"},
                    {"case", 1},
                    {"round", 0},
                    {"time_s", 0.5},
                    {"cpu_s", 1.0},
                    {"iterations", 3},
                    {"first_call_s", 2.0}});
    journal.append({{"fact", "description"}, {"text", "they cross"}});
  }
  record::Run run = run::replay_journal(path);
  REQUIRE(run.cases.size() == 2);
  CHECK(run.cases[1].plan.label == "later");
  CHECK(run.cases[1].samples.size() == 1);
  CHECK(run.description == "they cross");
  REQUIRE_THROWS_WITH(run::apply_fact(run, fact),
                      ContainsSubstring("case 1 was added as number 2"));
}
