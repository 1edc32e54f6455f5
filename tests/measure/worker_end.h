// Runs a worker in this process, for tests, and keeps what it wrote.
#pragma once

#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "measure/worker.h"

namespace attnbench::measure::test {

struct End {
  int code = 0;
  std::vector<record::Json> facts;

  std::string names() const {
    std::string text;
    for (const record::Json& fact : facts) text += fact.at("fact").get<std::string>() + ' ';
    return text;
  }
  const record::Json& operator[](const std::string& name) const {
    for (const record::Json& fact : facts)
      if (fact.at("fact") == name) return fact;
    FAIL("no fact " << name << " in " << names());
    return facts.front();
  }
};

inline End end_of_worker(const std::string& line, const DoTask& work) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  End end;
  end.code = run_worker(line, ends[1], work);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = read(ends[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<size_t>(n));
  close(ends[0]);
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) end.facts.push_back(record::Json::parse(one));
  return end;
}

}  // namespace attnbench::measure::test
