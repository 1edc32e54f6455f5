// FNV-1a over whole values; each step also folds the high bits of the hash into the low ones.
#include "registry/list_digest.h"

namespace attnbench::registry {

int64_t list_digest(const std::vector<int64_t>& values) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const int64_t value : values) {
    hash = (hash ^ static_cast<uint64_t>(value)) * 0x100000001B3u;
    hash ^= hash >> 29;
  }
  const auto digest = static_cast<int64_t>(hash & 0xFFFFFFFFFFFFu);
  return digest == 0 ? 1 : digest;
}

}  // namespace attnbench::registry
