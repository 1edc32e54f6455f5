// document: several documents are packed into one sequence, and each query sees its own document.
#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Document final : public kernels::EngineVariant {
 public:
  Support supports(const Call& call) const noexcept override {
    int64_t tokens = 0;
    for (int64_t i = 0; i < call.list.size; ++i) tokens += call.list.values[i];
    const bool end_early = call.list.size > 0 && tokens < call.problem.kv_len;
    return {end_early ? "its documents end before the sequence does" : nullptr};
  }

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t position = aligned_position(call.problem, query);
    if (position < 0) return;
    kernels::SpansWithin spans(kernels::allowed_keys(call.problem, query), keys);
    if (call.list.size > 0) {
      const int64_t* length = call.list.values;
      int64_t begin = 0;
      while (begin + *length <= position) begin += *length++;
      return spans.add(begin, begin + *length);
    }
    int64_t document = position / call.params[0];
    if (position < begin_of(call, document)) --document;
    spans.add(begin_of(call, document), begin_of(call, document + 1));
  }

  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

 private:
  /// Where a document begins: the first at 0, each other one at a random place of its stretch of
  /// `length` keys.
  static int64_t begin_of(const Call& call, int64_t document) {
    const int64_t length = call.params[0];
    const int64_t seed = call.params[1];
    if (document == 0 || seed == 0) return document * length;
    return document * length + kernels::Draws(seed, document).below(length);
  }
};

constexpr Param kParams[] = {
    {"length", 512, 1, int64_t{1} << 32,
     "tokens of a document; if they are drawn at random, their mean"},
    {"seed", 1, 0, kernels::kLargestSeed,
     "seed of random lengths, which are from 1 to 2 * length - 1; 0 makes all documents `length` "
     "long"},
    {"lengths", 0, 0, int64_t{1} << 32,
     "tokens of each document, to use instead of length and seed; 0 is an empty document; a "
     "shorter "
     "sequence takes the first of them",
     true},
};

const Info kInfo{"document",   "block-diagonal: each query sees the keys of its own document",
                 Kind::kExact, "Dong et al. 2024, Flex Attention",
                 kParams,      3,
                 "keeps packed documents apart, as its task asks"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Document, attnbench::kInfo)
