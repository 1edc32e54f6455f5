// Writes npz files for tests, right ones and wrong ones, without numpy.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace attnbench::test {

/// The lowest `bytes` bytes of an integer, the lowest first.
inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

inline uint32_t crc32_of(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

/// The text of an npy file, version 1.
inline std::string npy(const std::string& header, const std::string& data) {
  std::string text = header;
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  return "\x93NUMPY\x01" + std::string(1, '\0') + little_endian(text.size(), 2) + text + data;
}

inline std::string npy_header(const std::string& type, const std::vector<int64_t>& shape,
                              bool fortran = false) {
  std::string dims;
  for (const int64_t dim : shape) dims += std::to_string(dim) + ", ";
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': (" + dims + "), }";
}

/// A float32 array in npy's form.
inline std::string float_npy(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  std::string data(values.size() * sizeof(float), '\0');
  std::memcpy(data.data(), values.data(), data.size());
  return npy(npy_header("<f4", shape), data);
}

/// The numbers begin, begin + 1, ..., as a float32 array of that shape.
inline std::string counting_npy(const std::vector<int64_t>& shape, float begin) {
  int64_t size = 1;
  for (const int64_t dim : shape) size *= dim;
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i) values.push_back(begin + static_cast<float>(i));
  return float_npy(shape, values);
}

/// Builds a zip archive.
class Npz {
 public:
  enum class Packing { kStored = 0, kDeflated = 8 };

  /// Adds an array under its name in numpy. Deflated members are of one block that is not
  /// compressed, which holds up to 65535 bytes.
  Npz& add(const std::string& name, const std::string& npy_text,
           Packing packing = Packing::kStored) {
    std::string data = npy_text;
    if (packing == Packing::kDeflated)
      data = std::string("\x01") + little_endian(data.size(), 2) + little_endian(~data.size(), 2) +
             data;
    const std::string file = name + ".npy";
    const std::string facts =
        little_endian(0, 2) + little_endian(static_cast<uint64_t>(packing), 2) +
        little_endian(0, 4) + little_endian(crc32_of(npy_text), 4) + little_endian(data.size(), 4) +
        little_endian(npy_text.size(), 4) + little_endian(file.size(), 2);
    // Numpy's headers have an extra field, which the directory lacks.
    directory_ += "PK\x01\x02" + little_endian(45, 2) + little_endian(45, 2) + facts +
                  little_endian(0, 2 + 2 + 2 + 2 + 4) + little_endian(body_.size(), 4) + file;
    body_ += "PK\x03\x04" + little_endian(45, 2) + facts + little_endian(4, 2) + file +
             little_endian(0x9999, 2) + little_endian(0, 2) + data;
    ++members_;
    return *this;
  }

  std::string text() const {
    return body_ + directory_ + "PK\x05\x06" + little_endian(0, 4) + little_endian(members_, 2) +
           little_endian(members_, 2) + little_endian(directory_.size(), 4) +
           little_endian(body_.size(), 4) + little_endian(0, 2);
  }

 private:
  std::string body_, directory_;
  uint64_t members_ = 0;
};

/// q, k and v of 2 sequences, 4 heads over 2, so many tokens, and head_dim 3. The values count from
/// 1000 in q, from 2000 in k and from 3000 in v.
inline Npz small_qkv(int64_t tokens, const std::string& prefix = "",
                     Npz::Packing packing = Npz::Packing::kStored) {
  Npz npz;
  npz.add(prefix + "q", counting_npy({2, 4, tokens, 3}, 1000), packing);
  npz.add(prefix + "k", counting_npy({2, 2, tokens, 3}, 2000), packing);
  npz.add(prefix + "v", counting_npy({2, 2, tokens, 3}, 3000), packing);
  return npz;
}

}  // namespace attnbench::test
