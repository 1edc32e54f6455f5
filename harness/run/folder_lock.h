// Keeps two processes from measuring into the same folder of several runs.
#pragma once

#include <string>

namespace attnbench::run {

/// Held as long as the object lives; the kernel gives it up when the process ends, however it ends.
/// Throws EnvironmentError if another process holds it.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace attnbench::run
