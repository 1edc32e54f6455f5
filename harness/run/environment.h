// The environment variables that workers get, and those that a measurement depends on.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace attnbench::run {

/// This process's environment, as workers with this many threads get it: "NAME=value".
std::vector<std::string> worker_environment(int threads);

/// This process's environment as it is: "NAME=value".
std::vector<std::string> given_environment();

/// The variables of this environment that steer OpenMP, memory allocation, code that is loaded
/// first or libraries of linear algebra in workers, except those that workers always get.
std::map<std::string, std::string> measuring_environment();

}  // namespace attnbench::run
