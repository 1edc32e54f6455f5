// The OpenMP threads that this process really gets.
#pragma once

#include <stdexcept>

namespace attnbench::machine {

/// OpenMP gives fewer threads than asked for, or binds them to fewer CPUs than there are for them.
/// The cause is this process's environment.
class TeamError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Has the OpenMP runtime start its threads, whose stacks are then no part of a variant's memory,
/// and asks each who is there. Throws TeamError if fewer come than asked for.
void start_team(int threads);

}  // namespace attnbench::machine
