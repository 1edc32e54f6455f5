// Compares the machines, builds and settings of two runs.
#include "analyze/obstacles.h"

#include <algorithm>

#include "record/inputs.h"

namespace attnbench::analyze {

namespace {

/// Each kind of difference is told once, however many runs show it.
void add_obstacles(const record::Run& base, const record::Run& fresh,
                   std::vector<Obstacle>& obstacles) {
  const auto differs = [&](const char* kind, const std::string& what, const std::string& old_value,
                           const std::string& new_value) {
    Obstacle o{kind, what + ": '" + old_value + "' and '" + new_value + "'"};
    if (old_value != new_value &&
        std::ranges::find(obstacles, o.text, &Obstacle::text) == obstacles.end())
      obstacles.push_back(std::move(o));
  };
  differs("machine", "CPU", base.machine.cpu, fresh.machine.cpu);
  differs("machine", "cores", std::to_string(base.machine.cores),
          std::to_string(fresh.machine.cores));
  differs("build", "build type", base.build.build_type, fresh.build.build_type);
  differs("build", "SIMD features of the variants", base.build.isa, fresh.build.isa);
  const auto joined = [](const record::Run& run) {
    std::string text;
    for (const auto& [name, value] : run.environment)
      text += (text.empty() ? "" : " ") + name + "=" + value;
    return text;
  };
  differs("settings", "environment", joined(base), joined(fresh));
  for (const record::InputSource& was : record::recorded_sources(base.config_json))
    for (const record::InputSource& is : record::recorded_sources(fresh.config_json))
      if (was.text() == is.text())
        differs("settings", "sha256 of the inputs " + was.text(), was.sha256, is.sha256);
}

}  // namespace

std::vector<Obstacle> find_obstacles(std::span<const record::Run> base,
                                     std::span<const record::Run> fresh, const Comparison& c) {
  std::vector<Obstacle> obstacles;
  for (const record::Run& run : base) add_obstacles(base.front(), run, obstacles);
  for (const record::Run& run : fresh) add_obstacles(base.front(), run, obstacles);
  if (!c.uneven.empty())
    obstacles.push_back({"missing", std::to_string(c.uneven.size()) +
                                        (c.uneven.size() == 1 ? " case is" : " cases are") +
                                        " not in every run of a side"});
  if (!c.only_base.empty() || !c.only_fresh.empty())
    obstacles.push_back({"missing", std::to_string(c.only_base.size()) + " cases only in BASE, " +
                                        std::to_string(c.only_fresh.size()) + " only in NEW"});
  return obstacles;
}

}  // namespace attnbench::analyze
