// Reads the directory at the end of a zip archive, and members that are stored or deflated.
#include "npz/zip.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace attnbench::npz {
namespace {

using Bytes = std::vector<std::byte>;

constexpr const char* kWriteIt = "; numpy.savez(FILE, q=q, k=k, v=v) writes one that can be read";

// Sizes of the fixed parts, and the signatures that they begin with.
constexpr int64_t kEndBytes = 22, kDirectoryBytes = 46, kHeaderBytes = 30;
constexpr uint32_t kEnd = 0x06054b50, kDirectory = 0x02014b50, kHeader = 0x04034b50;
constexpr int64_t kMostComment = 0xFFFF;
constexpr uint32_t kIn64BitForm = 0xFFFFFFFF;

/// The little-endian integer of `width` bytes at `at`, which must lie within.
uint32_t integer(std::span<const std::byte> bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<uint32_t>(bytes[at + i]);
  return value;
}
uint32_t u16(std::span<const std::byte> bytes, size_t at) {
  return integer(bytes, at, 2);
}
uint32_t u32(std::span<const std::byte> bytes, size_t at) {
  return integer(bytes, at, 4);
}

Bytes read_at(const File& file, int64_t offset, int64_t size) {
  Bytes bytes(static_cast<size_t>(size));
  file.read(offset, bytes);
  return bytes;
}

/// Where the directory's last record, which says where the directory lies, begins.
int64_t find_end(const File& file) {
  const int64_t tail = std::min(file.size(), kEndBytes + kMostComment);
  const Bytes bytes = read_at(file, file.size() - tail, tail);
  for (int64_t at = tail - kEndBytes; at >= 0; --at)
    if (u32(bytes, static_cast<size_t>(at)) == kEnd) return file.size() - tail + at;
  const std::string_view magic = "\x93NUMPY";
  const Bytes begin = read_at(file, 0, std::min<int64_t>(file.size(), std::ssize(magic)));
  const bool one_array =
      begin.size() == magic.size() && std::memcmp(begin.data(), magic.data(), magic.size()) == 0;
  file.refuse(one_array ? "holds one array, not an archive of several" + std::string(kWriteIt)
                        : "is no npz file, or it is cut off: it has no zip directory at its end" +
                              std::string(kWriteIt));
}

/// The member whose directory record begins at `at`, and how many bytes that record has.
std::pair<Member, size_t> member_at(const File& file, std::span<const std::byte> directory,
                                    size_t at) {
  const std::span<const std::byte> record = directory.subspan(at);
  if (record.size() < kDirectoryBytes || u32(record, 0) != kDirectory)
    file.refuse("has a damaged zip directory");
  const size_t name_bytes = u16(record, 28);
  const size_t whole = kDirectoryBytes + name_bytes + u16(record, 30) + u16(record, 32);
  if (record.size() < whole) file.refuse("has a damaged zip directory");
  Member member;
  member.name.assign(reinterpret_cast<const char*>(record.data()) + kDirectoryBytes, name_bytes);
  const uint32_t flags = u16(record, 8), method = u16(record, 10);
  const std::string who = "its member '" + member.name + "' ";
  if ((flags & 1) != 0) file.refuse(who + "is encrypted" + kWriteIt);
  if (method != 0 && method != 8)
    file.refuse(who + "is packed by method " + std::to_string(method) + ", not stored or deflated" +
                kWriteIt);
  member.deflated = method == 8;
  member.crc32 = u32(record, 16);
  member.packed_bytes = u32(record, 20);
  member.bytes = u32(record, 24);
  member.header = u32(record, 42);
  if (u32(record, 20) == kIn64BitForm || u32(record, 24) == kIn64BitForm ||
      u32(record, 42) == kIn64BitForm)
    file.refuse(who + "is in zip's 64-bit form, which is not read");
  if (!member.deflated && member.packed_bytes != member.bytes)
    file.refuse(who + "has two sizes: the file is damaged");
  return {std::move(member), whole};
}

}  // namespace

File::File(const std::string& path) : path_(path) {
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat facts {};
  const bool known = fd_ >= 0 && fstat(fd_, &facts) == 0;
  const int error = errno;
  size_ = facts.st_size;
  std::string wrong;
  if (!known)
    wrong = error == ENOENT ? "there is no such file"
                            : std::string("cannot be read: ") + std::strerror(error);
  else if (!S_ISREG(facts.st_mode))
    wrong = S_ISDIR(facts.st_mode) ? "is a folder; expected an npz file" : "is not a regular file";
  else if (size_ > kMostFileBytes)
    wrong = "is larger than 2 GiB; write fewer layers into one file";
  if (wrong.empty()) return;
  if (fd_ >= 0) close(fd_);
  refuse(wrong);
}

File::~File() {
  close(fd_);
}

void File::refuse(const std::string& what) const {
  throw NpzError(path_ + ": " + what);
}

void File::read(int64_t offset, std::span<std::byte> bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pread(fd_, bytes.data() + done, bytes.size() - done,
                            static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(std::string("cannot be read: ") + std::strerror(errno));
    if (n == 0) refuse("ends too early: it is cut off or damaged");
    done += static_cast<size_t>(n);
  }
}

std::vector<Member> read_directory(const File& file) {
  const int64_t end_at = find_end(file);
  const Bytes end = read_at(file, end_at, kEndBytes);
  const int64_t size = u32(end, 12), offset = u32(end, 16);
  if (u16(end, 4) != 0 || u16(end, 6) != 0 || u16(end, 8) != u16(end, 10))
    file.refuse("is one part of an archive in parts" + std::string(kWriteIt));
  if (offset + size > end_at) file.refuse("has a damaged zip directory, or is cut off");
  const Bytes directory = read_at(file, offset, size);
  std::vector<Member> members;
  for (size_t at = 0, left = u16(end, 10); left > 0; --left) {
    auto [member, bytes] = member_at(file, directory, at);
    at += bytes;
    members.push_back(std::move(member));
  }
  return members;
}

struct MemberStream::State {
  static constexpr size_t kChunk = size_t{1} << 16;

  const File& file;
  const Member member;
  int64_t next = 0;  ///< Where the next packed byte stands in the file.
  int64_t packed_left = 0;
  int64_t left = 0;
  bool whole = true;  ///< Whether nothing was skipped.
  uint32_t crc = 0;
  Bytes packed = Bytes();  ///< Read and not inflated yet: what `inflater` points into.
  z_stream inflater = {};

  State(const File& of, const Member& read) : file(of), member(read) {}
  ~State() {
    if (member.deflated) inflateEnd(&inflater);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[noreturn]] void refuse(const std::string& what) const {
    file.refuse("its member '" + member.name + "' " + what);
  }

  void inflate_into(std::span<std::byte> bytes) {
    inflater.next_out = reinterpret_cast<Bytef*>(bytes.data());
    inflater.avail_out = static_cast<uInt>(bytes.size());
    while (inflater.avail_out > 0) {
      if (inflater.avail_in == 0 && packed_left > 0) {
        packed.resize(std::min<size_t>(kChunk, static_cast<size_t>(packed_left)));
        file.read(next, packed);
        next += static_cast<int64_t>(packed.size());
        packed_left -= static_cast<int64_t>(packed.size());
        inflater.next_in = reinterpret_cast<Bytef*>(packed.data());
        inflater.avail_in = static_cast<uInt>(packed.size());
      }
      const int result = inflate(&inflater, Z_NO_FLUSH);
      if (inflater.avail_out > 0 && result != Z_OK) refuse("is damaged: it does not unpack");
    }
  }
};

MemberStream::MemberStream(const File& file, const Member& member)
    : state_(std::make_unique<State>(file, member)) {
  State& s = *state_;
  s.left = member.bytes;
  s.packed_left = member.packed_bytes;
  if (member.deflated && inflateInit2(&s.inflater, -MAX_WBITS) != Z_OK)
    s.refuse("cannot be unpacked: zlib has no memory");
  if (member.header + kHeaderBytes > file.size()) s.refuse("lies beyond the end of the file");
  const Bytes header = read_at(file, member.header, kHeaderBytes);
  if (u32(header, 0) != kHeader) s.refuse("is damaged: it does not begin with a zip header");
  s.next = member.header + kHeaderBytes + u16(header, 26) + u16(header, 28);
  if (s.next + s.packed_left > file.size()) s.refuse("is cut off");
}

MemberStream::~MemberStream() = default;
MemberStream::MemberStream(MemberStream&&) noexcept = default;

int64_t MemberStream::left() const {
  return state_->left;
}

void MemberStream::read(std::span<std::byte> bytes) {
  State& s = *state_;
  if (std::cmp_greater(bytes.size(), s.left)) s.refuse("ends too early");
  if (s.member.deflated) {
    s.inflate_into(bytes);
  } else {
    s.file.read(s.next, bytes);
    s.next += static_cast<int64_t>(bytes.size());
  }
  s.left -= static_cast<int64_t>(bytes.size());
  s.crc = static_cast<uint32_t>(
      crc32_z(s.crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  if (s.left == 0 && s.whole && s.crc != s.member.crc32)
    s.refuse("is damaged: its checksum is another");
}

void MemberStream::skip(int64_t bytes) {
  State& s = *state_;
  if (bytes > s.left) s.refuse("ends too early");
  if (bytes == 0) return;
  s.whole = false;
  s.left -= bytes;
  if (!s.member.deflated) {
    s.next += bytes;
    return;
  }
  for (Bytes unread(State::kChunk); bytes > 0;) {
    const size_t some = std::min<size_t>(unread.size(), static_cast<size_t>(bytes));
    s.inflate_into({unread.data(), some});
    bytes -= static_cast<int64_t>(some);
  }
}

}  // namespace attnbench::npz
