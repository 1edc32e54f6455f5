// What variants see of a sentence. A window of 256 keys sees all of 12 tokens and would teach
// nothing, so params are scaled down to the sentence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

/// How often the lengths among the params of `call` must be halved until one in five of the
/// (query, key) pairs that its causal allows is hidden; if no number of halvings hides so many, the
/// number that hides most. 0 if no halving hides any.
///
/// A length is a param that is above a quarter of the call's keys, unless it is a list, is named
/// "seed", is in `kept`, or may be 100 at most, which is a percentage. A length never falls below 1
/// or its declared minimum.
int halvings(const registry::Entry& entry, const Call& call,
             const std::vector<std::string>& kept = {});

/// The params of `call` with their lengths halved so many times.
std::vector<int64_t> halved_params(const registry::Entry& entry, const Call& call, int times,
                                   const std::vector<std::string>& kept = {});

/// What the exact variants among the cases see of a sentence: one view for each label, params and
/// causal, at most 64. The views of one variant are scaled by the same number of halvings, so that
/// the wider of two windows stays the wider one. Cases that see all keys of their own sequence are
/// not scaled.
record::Sentence view_sentence(const std::vector<std::string>& tokens,
                               const std::vector<record::CaseRecord>& cases,
                               const registry::Catalogue& catalogue);

}  // namespace attnbench::plan
