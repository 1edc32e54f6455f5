// Computes SHA-256 by libmd.
#include "registry/sha256.h"

#include <sha2.h>

#include <array>

namespace attnbench::registry {

std::string sha256_of_file(const std::string& path) {
  std::array<char, SHA256_DIGEST_STRING_LENGTH> text{};
  return SHA256File(path.c_str(), text.data()) == nullptr ? "" : text.data();
}

}  // namespace attnbench::registry
