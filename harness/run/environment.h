// What of the environment workers get, and what of it a measurement depends on.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace attnbench::run {

/// This process's environment, as workers of so many threads get it: "NAME=value".
std::vector<std::string> worker_environment(int threads);

/// The variables of this environment that steer OpenMP, memory allocation, code that is loaded
/// first or libraries of linear algebra in workers. Those that workers are given in any case are
/// left out.
std::map<std::string, std::string> measuring_environment();

}  // namespace attnbench::run
