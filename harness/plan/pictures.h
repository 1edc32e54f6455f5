// Which cases of a sweep are drawn: one for each picture.
#pragma once

#include <map>
#include <vector>

#include "record/record.h"

namespace attnbench::plan {

/// More pictures than this nobody looks at.
inline constexpr size_t kMostPictures = 64;

/// The id of one case for each picture, in order of first appearance. Cases with one `key` share a
/// picture: it shows the longest of those that `choose` allows.
template <class Key, class Choose>
std::vector<int> longest_of_each(const std::vector<record::CaseRecord>& cases, Key key,
                                 Choose choose) {
  std::vector<int> ids;
  std::map<decltype(key(cases.front().plan)), size_t> seen;
  for (const record::CaseRecord& c : cases) {
    const bool refused = c.plan.input_bytes == 0;
    if (refused || !choose(c.plan)) continue;
    const auto [it, is_new] = seen.try_emplace(key(c.plan), ids.size());
    if (is_new)
      ids.push_back(c.plan.id);
    else if (c.plan.seq_len() > cases[static_cast<size_t>(ids[it->second])].plan.seq_len())
      ids[it->second] = c.plan.id;
  }
  if (ids.size() > kMostPictures) ids.resize(kMostPictures);
  return ids;
}

}  // namespace attnbench::plan
