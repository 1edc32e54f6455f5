// Parses npy headers, versions 1 to 3, and widens float16.
#include "npz/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "attnbench/types.h"

namespace attnbench::npz {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";
/// Numpy itself reads no longer header.
constexpr uint32_t kMostHeaderBytes = 10000;
constexpr size_t kMostDims = 8;

/// Reads the dictionary of a header piece by piece.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Whether the next character but for spaces is `c`, which it then takes.
  bool takes(char c) {
    skip_space();
    const bool is = !text_.empty() && text_.front() == c;
    if (is) text_.remove_prefix(1);
    return is;
  }
  void expect(char c) {
    if (!takes(c)) malformed();
  }
  std::string string() {
    skip_space();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) malformed();
    const size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) malformed();
    std::string value(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return value;
  }
  bool boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    malformed();
  }
  std::vector<int64_t> shape() {
    std::vector<int64_t> dims;
    expect('(');
    while (!takes(')')) {
      skip_space();
      int64_t dim = 0;
      const auto [rest, error] = std::from_chars(text_.data(), text_.data() + text_.size(), dim);
      if (error != std::errc() || dims.size() == kMostDims) malformed();
      dims.push_back(dim);
      text_.remove_prefix(static_cast<size_t>(rest - text_.data()));
      if (takes(',')) continue;
      expect(')');
      break;
    }
    return dims;
  }
  void end() {
    skip_space();
    if (!text_.empty()) malformed();
  }
  [[noreturn]] static void malformed() { throw HeaderFault("has a malformed npy header"); }

 private:
  void skip_space() {
    const size_t at = text_.find_first_not_of(" \t\n");
    text_.remove_prefix(std::min(at, text_.size()));
  }

  std::string_view text_;
};

/// The text of the header, read from the stream's beginning.
std::string header_text(MemberStream& stream) {
  std::array<std::byte, 12> start{};
  constexpr size_t kLengthAt = 8;
  if (stream.left() < static_cast<int64_t>(start.size())) throw HeaderFault("is no npy array");
  stream.read(std::span(start).first(kLengthAt + 2));
  if (std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0)
    throw HeaderFault("is no npy array");
  const auto version = static_cast<int>(start[kMagic.size()]);
  if (version < 1 || version > 3)
    throw HeaderFault("has npy version " + std::to_string(version) + "; versions 1 to 3 are read");
  if (version > 1) stream.read(std::span(start).subspan(kLengthAt + 2));
  uint32_t length = 0;
  for (size_t i = version > 1 ? 4 : 2; i-- > 0;)
    length = length << 8 | static_cast<uint32_t>(start[kLengthAt + i]);
  if (length > kMostHeaderBytes || static_cast<int64_t>(length) > stream.left())
    throw HeaderFault("has a malformed npy header");
  std::string text(length, '\0');
  stream.read(std::as_writable_bytes(std::span(text)));
  return text;
}

Header read_header(const File& file, const Member& member, MemberStream& stream) {
  try {
    Header header = parse_header(header_text(stream));
    const int64_t element = header.half ? 2 : 4;
    if (header.elements() != stream.left() / element || stream.left() % element != 0)
      throw HeaderFault("has " + std::to_string(stream.left()) + " bytes, which its shape " +
                        shape_text(header.shape) + " does not take: it is damaged");
    return header;
  } catch (const HeaderFault& e) {
    file.refuse("its array '" + member.name + "' " + e.what());
  }
}

}  // namespace

int64_t Header::elements() const {
  int64_t product = 1;
  for (const int64_t dim : shape)
    if (__builtin_mul_overflow(product, dim, &product)) return INT64_MAX;
  return product;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t dim : shape) text += (text.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + text + "]";
}

Header parse_header(std::string_view text) {
  Scanner scan(text);
  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<int64_t>> shape;
  scan.expect('{');
  while (!scan.takes('}')) {
    const std::string key = scan.string();
    scan.expect(':');
    if (key == "descr" && !descr) {
      // A list describes records of several fields.
      if (scan.takes('['))
        throw HeaderFault("has a type of several fields; give float32 or float16");
      descr = scan.string();
    } else if (key == "fortran_order" && !fortran) {
      fortran = scan.boolean();
    } else if (key == "shape" && !shape) {
      shape = scan.shape();
    } else {
      Scanner::malformed();
    }
    if (scan.takes(',')) continue;
    scan.expect('}');
    break;
  }
  scan.end();
  if (!descr || !fortran || !shape) Scanner::malformed();
  if (*descr != "<f4" && *descr != "<f2")
    throw HeaderFault("has the type '" + *descr +
                      "'; float32 and float16, little-endian, are read: .astype(numpy.float32)");
  if (*fortran)
    throw HeaderFault(
        "is in Fortran's order; numpy.ascontiguousarray puts it into C's, which is read");
  for (const int64_t dim : *shape)
    if (dim < 1) throw HeaderFault("has the shape " + shape_text(*shape) + ", which holds nothing");
  return {*descr == "<f2", std::move(*shape)};
}

ArrayReader::ArrayReader(const File& file, const Member& member)
    : stream_(file, member), header_(read_header(file, member, stream_)) {}

void ArrayReader::read(std::span<float> out) {
  if (!header_.half) return stream_.read(std::as_writable_bytes(out));
  std::array<uint16_t, 4096> halves{};
  while (!out.empty()) {
    const std::span<uint16_t> some(halves.data(), std::min(halves.size(), out.size()));
    stream_.read(std::as_writable_bytes(some));
    std::transform(some.begin(), some.end(), out.begin(), float_from_f16);
    out = out.subspan(some.size());
  }
}

void ArrayReader::skip(int64_t elements) {
  stream_.skip(elements * (header_.half ? 2 : 4));
}

}  // namespace attnbench::npz
