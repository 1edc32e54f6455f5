// Fuzzes the reader of npz files: any bytes are arrays q, k and v, or an NpzError.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "fuzz/fuzz.h"
#include "npz/qkv.h"

using namespace attnbench;

namespace {

/// A file of this process, removed at its end.
struct TemporaryFile {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("attnbench_npz_fuzz." + std::to_string(getpid())))
          .string();
  ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TemporaryFile file;
  std::ofstream(file.path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  npz::QkvShape s;
  try {
    s = npz::check_qkv(file.path, "");
  } catch (const npz::NpzError&) {
    return 0;
  }
  const Problem p{.batch = s.batch,
                  .heads = s.heads,
                  .kv_heads = s.kv_heads,
                  .q_len = (s.len + 1) / 2,
                  .kv_len = s.len,
                  .head_dim = s.head_dim};
  std::vector<float> q(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim));
  std::vector<float> k(static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim)), v = k;
  npz::read_qkv(file.path, "", p, q.data(), k.data(), v.data());
  for (const auto* values : {&q, &k, &v})
    for (const float x : *values)
      if (!std::isfinite(x)) std::abort();
  return 0;
}
