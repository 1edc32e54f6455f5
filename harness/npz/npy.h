// Reads arrays of floats in numpy's npy format, which the members of an npz archive have.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "npz/zip.h"

namespace attnbench::npz {

/// What an npy header says of an array that can be read.
struct Header {
  bool half = false;           ///< float16; else float32. Both are little-endian.
  std::vector<int64_t> shape;  ///< Row-major. Each is at least 1.

  int64_t elements() const;
};

/// What is wrong with an array, without the file and the array's name: "has npy version 9; ...".
class HeaderFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The header of an npy file whose text, the dictionary, is `text`. `elements` is not limited.
/// Throws HeaderFault if it is malformed or describes an array of another type or order.
Header parse_header(std::string_view text);

/// "[1, 9, 64, 64]".
std::string shape_text(const std::vector<int64_t>& shape);

/// An array of an archive, read from its first element on.
class ArrayReader {
 public:
  /// Reads the header. `file` must outlive the reader. Throws NpzError, also if the shape and the
  /// size of the member do not fit.
  ArrayReader(const File& file, const Member& member);

  const Header& header() const { return header_; }
  /// Reads as many elements as `out` has. Throws NpzError.
  void read(std::span<float> out);
  void skip(int64_t elements);

 private:
  MemberStream stream_;
  Header header_;
};

}  // namespace attnbench::npz
