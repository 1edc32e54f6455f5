// The params of model_like inputs, in one table: configs set them, measure fills inputs by them.
#pragma once

#include <cstddef>

namespace attnbench::record {

inline constexpr char kModelLikeName[] = "model_like";

/// A number that a config can set.
struct InputParam {
  const char* name;
  double value;  ///< The default.
  double min;
  double max;
  const char* doc;
};

/// The places of the params in the table.
enum ModelLike : size_t {
  kSinkMass,
  kSinkSpread,
  kLocalMass,
  kLocalSpread,
  kScoreSpread,
  kRank,
  kHitterShare,
  kHitterScore,
  kKeyMean,
  kSinkNorm,
  kRopeBase,
};

/// The defaults give what layer 14 of SmolLM2-135M-Instruct has (see measure/model_like.h).
inline constexpr InputParam kModelLikeParams[] = {
    {"sink_mass", 0.45, 0, 0.98, "Softmax mass of the first key, in the mean of the heads."},
    {"sink_spread", 0.42, 0, 0.49,
     "How far the mass of the first key may be from sink_mass: the heads' lie evenly within that."},
    {"local_mass", 0.35, 0, 0.95,
     "Mass of the keys less than 64 away from the query, as a part of what the first key leaves."},
    {"local_spread", 0.3, 0, 0.5,
     "How far a head's local mass may be from local_mass, in the same way."},
    {"score_spread", 1.95, 0, 8,
     "Standard deviation of the scores of what keys and queries say, which a low-rank covariance "
     "draws: the larger, the fewer keys have most of the mass."},
    {"rank", 8, 1, 64, "Rank of that covariance; rounded."},
    {"hitter_share", 0.02, 0, 1, "The share of tokens that all queries look for: heavy hitters."},
    {"hitter_score", 3, 0, 20, "How far a heavy hitter's score is above that of other keys."},
    {"key_mean", 0.75, 0, 0.8,
     "Norm of the mean of a head's keys over the root of their mean squared norm: a bias that all "
     "keys share, but for the first."},
    {"sink_norm", 0.26, 0.01, 4, "Norm of the first key over the mean norm."},
    {"rope_base", 100000, 100, 1e9,
     "Base of the rotary embedding of positions (RoPE); for seq_len above 8192 it grows in "
     "proportion, as that of models for long texts does."},
};

}  // namespace attnbench::record
