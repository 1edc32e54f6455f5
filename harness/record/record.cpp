// Names and descriptions of records, for people and for grouping.
#include "record/record.h"

#include <algorithm>

#include "record/format.h"

namespace attnbench::record {
namespace {

std::string plural(int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// What Problem adds to scaled products; empty where nothing.
std::string describe_modifiers(const Problem& p) {
  std::string text;
  if (p.scale != 0) text += ", scale " + shortest(p.scale);
  if (p.softcap != 0) text += ", softcap " + shortest(p.softcap);
  if (p.alibi) text += ", alibi";
  return text;
}

std::string describe_lengths(const Case& c) {
  return c.problem.q_len == c.problem.kv_len ? "n=" + std::to_string(c.problem.kv_len)
                                             : "q_len=" + std::to_string(c.problem.q_len) +
                                                   ", kv_len=" + std::to_string(c.problem.kv_len);
}

}  // namespace

CellAxis pattern_axis(int64_t length) {
  return {length, std::min(length, kPatternSize)};
}

std::string describe_point(const Case& c) {
  return c.label + ", " + describe_lengths(c);
}

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPending:
      return "pending";
    case Outcome::kOk:
      return "ok";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kInvalid:
      return "invalid";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kTimeout:
      return "timeout";
  }
  return "unknown";
}

Problem series_problem(const Case& c) {
  Problem p = c.problem;
  p.kv_len = 0;
  if (c.q_len_follows) p.q_len = 0;
  return p;
}

bool same_series(const Case& a, const Case& b) {
  return a.variant == b.variant && a.label == b.label && a.params == b.params &&
         a.threads == b.threads && a.q_len_follows == b.q_len_follows &&
         series_problem(a) == series_problem(b);
}

std::string describe_problem(const Case& c) {
  const Problem& p = c.problem;
  std::string text;
  if (p.batch != 1) text += "batch " + std::to_string(p.batch) + ", ";
  text += plural(p.heads, "head");
  if (p.kv_heads != p.heads) text += " over " + plural(p.kv_heads, "kv_head");
  text += ", head_dim " + std::to_string(p.head_dim) + (p.causal ? ", causal" : ", not causal");
  text += describe_modifiers(p);
  if (!c.q_len_follows) text += ", q_len " + std::to_string(p.q_len);
  return text + ", " + plural(c.threads, "thread");
}

std::string describe_series(const Case& c) {
  return c.label + ", " + describe_problem(c);
}

std::string describe_case(const Case& c) {
  return describe_series(c) + ", " + describe_lengths(c);
}

}  // namespace attnbench::record
