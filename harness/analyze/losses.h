// What each series of a group gives up for its time: distance from full attention beside time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// One case that has both a time and a distance.
struct Loss {
  int index = 0;  ///< Into Run::cases.
  /// By medians, no other case here is at least as fast and as near to full attention, and better
  /// in one of the two. Of series that differ in their seed alone the medians over seeds count, and
  /// only the case that stands for all of them can be on the front.
  bool on_front = false;
  /// Whether its distance is the nearest to the median over those that differ from it in their seed
  /// alone, so that it stands for all of them. True if there are no others.
  bool stands = true;
  int draws = 1;  ///< Cases here that differ from it in their seed alone, itself included.
  /// The reference's time over this one's: how many times as fast it is. Empty without a reference.
  std::optional<Ratio> speedup = {};
};

/// All such cases of one group at one length.
struct LossesAtSize {
  int64_t seq_len = 0;
  /// What the others are compared with in time: a case at distance 0, the baseline if it is one,
  /// else the series that all others were compared with (see only_partner), else the fastest. Empty
  /// if there is none.
  std::optional<int> reference = {};
  std::vector<Loss> cases = {};  ///< The fastest first.
};

/// Of each length at which a case of the group is not at distance 0, ascending.
std::vector<LossesAtSize> find_losses(const record::Run& run, const Analysis& analysis,
                                      const Group& group);

/// The relative error of a case; empty if its distance does not apply or is not known.
std::optional<double> relative_error(const record::CaseRecord& c);

}  // namespace attnbench::analyze
