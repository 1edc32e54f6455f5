// What belongs to the heads of model_like inputs: means, directions and sizes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench::measure {

/// The streams that are drawn from (see NumberStream).
enum ModelStream : uint64_t {
  kQueryNoise = 1,
  kKeyNoise,
  kValueNoise,
  kTokenNumbers = 1 << 16,
  kQueryContent,
  kKeyContent,
  kHeadNumbers,
  kSinkNumbers,
  kLocalNumbers,
};

/// Some neighbouring dims of a head.
struct Dims {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};

/// Which dims carry what, before they turn. Any of them may be empty, but for `bias`.
struct Layout {
  std::vector<double> angles;  ///< By which each pair of dims turns at each position, descending.
  Dims local;
  Dims content;
  Dims hitters;
  Dims bias;
};

struct KeyHead {
  std::vector<double> mean;        ///< [head_dim], of all keys but the first.
  std::vector<double> first;       ///< [head_dim], the first key.
  std::vector<double> hitter;      ///< [head_dim], added to a heavy hitter.
  std::vector<double> basis;       ///< [rank, content dims], orthonormal rows times the keys' size.
  std::vector<double> value_mean;  ///< [head_dim]
};

struct QueryHead {
  std::vector<double> mean;  ///< [head_dim]
  double content = 0;        ///< What the numbers along the key head's basis are multiplied by.
};

struct ModelLikeHeads {
  Layout layout;
  std::vector<double> deviations;  ///< [rank], of the numbers along the basis.
  double key_noise = 0;            ///< Standard deviation in each dim.
  std::vector<KeyHead> keys;       ///< [kv_heads]
  std::vector<QueryHead> queries;  ///< [heads]

  ModelLikeHeads(const Problem& problem, uint64_t seed, std::span<const double> params);
};

}  // namespace attnbench::measure
