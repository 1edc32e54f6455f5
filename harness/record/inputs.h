// What a sweep can fill q, k and v with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attnbench::record {

/// One value of the axis `inputs`, but for the normal numbers: an npz file that holds q, k and v,
/// or params of model_like inputs.
struct InputSource {
  std::string file;   ///< As the config names it, from its folder on.
  std::string layer;  ///< The arrays are LAYER/q, LAYER/k and LAYER/v; empty: q, k and v.
  std::string sha256;
  std::string path = {};  ///< Absolute, on this machine. A record does not hold it.

  /// What the file holds: q is [batch, heads, len, head_dim], k and v are
  /// [batch, kv_heads, len, head_dim]. A record does not hold it.
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t len = 0;
  int64_t head_dim = 0;

  /// A value for each of kModelLikeParams (model_like.h); empty for a file.
  std::vector<double> model_like = {};

  bool is_file() const { return model_like.empty(); }

  /// The value of the axis: "qkv.npz", "qkv.npz:LAYER", "model_like", or "model_like(rank=4)" with
  /// those params that are not the default.
  std::string text() const;
};

/// The files of inputs that the config in a record names, without path and shape.
std::vector<InputSource> recorded_sources(const std::string& config_json);

}  // namespace attnbench::record
