// Keeps two processes from measuring into the same folder of several runs.
#include "run/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "run/run_dir.h"

namespace attnbench::run {

FolderLock::FolderLock(const std::string& folder)
    : fd_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (fd_ < 0) throw EnvironmentError(folder + ": " + strerror(errno));
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;  // Or there are no locks.
  close(fd_);
  throw EnvironmentError(folder +
                         ": another process measures into this folder; wait until it has ended");
}

FolderLock::~FolderLock() {
  close(fd_);
}

}  // namespace attnbench::run
