// Verdicts of claims: holds, does not hold, or cannot be told here.
#include "study/judge.h"

namespace attnbench::study {

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kDoesNotHold:
      return "does not hold";
    case Verdict::kCannotTell:
      return "cannot be told here";
  }
  return "unknown";
}

}  // namespace attnbench::study
