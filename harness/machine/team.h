// Starts the OpenMP threads of this process and checks that all of them came.
#pragma once

#include <stdexcept>

namespace attnbench::machine {

/// OpenMP gives fewer threads than were asked for, or binds them to fewer CPUs than they could use.
/// The cause is an environment variable of this process.
class TeamError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Lets the OpenMP runtime start its threads now, so that their stacks do not count as a variant's
/// memory. Throws TeamError if there are fewer than `threads`.
void start_team(int threads);

}  // namespace attnbench::machine
