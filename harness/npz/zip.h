// Reads zip archives, as numpy.savez and numpy.savez_compressed write them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attnbench::npz {

/// A file is no archive of arrays that can be read. The message begins with the file's path and
/// says what is wrong and what would be right.
class NpzError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The largest archive that is read. Larger ones need the 64-bit form of zip.
inline constexpr int64_t kMostFileBytes = (int64_t{1} << 31) - 1;

/// A regular file, open for reading.
class File {
 public:
  /// Throws NpzError.
  explicit File(const std::string& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }
  /// Fills `bytes` from `offset` on. Throws NpzError if the file ends before.
  void read(int64_t offset, std::span<std::byte> bytes) const;
  /// Throws NpzError with the path before `what`.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  std::string path_;
  int fd_ = -1;
  int64_t size_ = 0;
};

/// One file of an archive, as the archive's directory describes it.
struct Member {
  std::string name;
  bool deflated = false;  ///< Else it is stored as it is.
  uint32_t crc32 = 0;     ///< Of its bytes.
  int64_t packed_bytes = 0;
  int64_t bytes = 0;   ///< Its size once unpacked.
  int64_t header = 0;  ///< Where its header begins in the archive.
};

/// The members of an archive. Throws NpzError if it is none, or one that cannot be read: encrypted,
/// in parts, in the 64-bit form, or packed by another method than deflate.
std::vector<Member> read_directory(const File& file);

/// The bytes of a member, from the first on. `file` must outlive it.
class MemberStream {
 public:
  MemberStream(const File& file, const Member& member);
  ~MemberStream();
  MemberStream(MemberStream&&) noexcept;

  int64_t left() const;  ///< Bytes that are not read yet.
  /// Fills `bytes`, of which at most left() may be asked for. Throws NpzError if the member is
  /// damaged: if its last byte was read and nothing was skipped, its checksum is compared.
  void read(std::span<std::byte> bytes);
  void skip(int64_t bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnbench::npz
