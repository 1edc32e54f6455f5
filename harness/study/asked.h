// What a claim asks for, in words.
#pragma once

#include <string>

#include "study/evidence.h"
#include "study/study.h"

namespace attnbench::study {

/// "at least 5x", "n^1.8 to n^2.2", "rises with n", "as declared".
std::string asked_words(const Claim& claim);

/// "1.7x to 6.8x, a factor of 2 around the published 3.40x at n = 4096".
std::string asked_as_published(const Claim& claim, const AsPublished& rule, const Evidence& paper,
                               const analyze::Interval& allowed);

}  // namespace attnbench::study
