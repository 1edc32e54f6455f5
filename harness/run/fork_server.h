// Workers that are forked from a process which has loaded their variants' files, since loading may
// take seconds: a framework is imported once for each number of threads, and not for each case and
// round. That process computes nothing, so that each worker still begins alike.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "run/child.h"
#include "run/surroundings.h"
#include "run/worker_end.h"

namespace attnbench::run {

class ForkServer;

/// The conductor's side. One server for each environment that workers need, as an OpenMP runtime
/// reads its number of threads when it is loaded.
class ForkServers {
 public:
  /// `argv` runs a server: this program as a worker, with the files, and with --fork-server.
  ForkServers(std::vector<std::string> argv, std::set<std::string> variants);
  ~ForkServers();
  ForkServers(const ForkServers&) = delete;
  ForkServers& operator=(const ForkServers&) = delete;

  /// Whether the variant's workers come from here.
  bool serve(const std::string& variant) const { return variants_.contains(variant); }

  /// Starts a worker, which is this process's child, as run::start does. If it cannot, returns why:
  /// what a worker that loads the files by itself would have ended with.
  std::optional<WorkerEnd> start(const std::vector<std::string>& environment, double timeout_s,
                                 const Surroundings& surroundings, Child& child);

 private:
  std::vector<std::string> argv_;
  std::set<std::string> variants_;
  std::map<std::vector<std::string>, std::unique_ptr<ForkServer>> servers_;
};

/// The server's side: forks a worker for each request on its standard input, which is a socket.
/// Returns true in each worker, and false in the server once nobody asks any more.
bool serve_forks();

}  // namespace attnbench::run
