// Puts leads and crossovers into sentences.
#include "report/order.h"

#include <cmath>

#include "record/format.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string seq_len_words(double seq_len, const analyze::Crossover& c) {
  if (seq_len == 0) return "below " + std::to_string(c.smallest);
  return std::isinf(seq_len) ? "above " + std::to_string(c.largest)
                             : record::format_number(seq_len, 3);
}

/// "at every size from n = 256", "from n = 439".
std::string since_words(const analyze::Crossover& c) {
  if (c.seq_len != 0) return "from n = " + seq_len_words(c.seq_len, c);
  return c.smallest == c.largest ? "at the only size that both have"
                                 : "at every size from n = " + std::to_string(c.smallest);
}

}  // namespace

std::string lead_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const analyze::Lead& lead) {
  const std::string at = " at n = " + std::to_string(lead.seq_len);
  const std::string fastest = series_words(run, analysis, lead.fastest);
  const std::string next = series_words(run, analysis, lead.next);
  if (!lead.over_next.interval && lead.over_next.value != 1)
    return "Lowest median" + at + ": " + fastest + ", then " + next + ", but " +
           no_interval_words() + ": nothing is called faster.";
  const bool open = lead.over_next.interval && lead.over_next.interval->low <= 1;
  if (open || lead.over_next.value == 1)
    return "Fastest" + at + ": " + fastest + " and " + next + ", which cannot be told apart (" +
           ratio_words(lead.over_next) + ").";
  return "Fastest" + at + ": " + fastest + ", " + ratio_words(lead.over_next) +
         " as fast as the next, " + next + ".";
}

std::string crossover_sentence(const record::Run& run, const analyze::Analysis& analysis,
                               const analyze::Crossover& c) {
  const std::string faster = series_words(run, analysis, c.faster);
  const std::string slower = series_words(run, analysis, c.slower);
  const std::string at_largest = " at n = " + std::to_string(c.largest);
  const std::string ratio = record::format_number(c.ratio_at_largest, 3) + "x as fast";
  std::string words;
  if (analyze::too_close_to_call(c)) {
    words = faster + " and " + slower + " cannot be told apart" + at_largest + " (" + ratio + ")";
  } else if (!c.interval) {
    words = faster + " has lower medians than " + slower + " " + since_words(c) + ", but " +
            no_interval_words() + ": nothing is called faster";
  } else {
    words = faster + " is faster than " + slower + " " + since_words(c);
    if (c.interval->high > 0)
      words += " [" + seq_len_words(c.interval->low, c) + ", " +
               seq_len_words(c.interval->high, c) + "]";
    words += ", " + ratio + at_largest;
  }
  if (c.sign_changes > 1)
    words += "; they trade places " + std::to_string(c.sign_changes) + " times";
  return words + ".";
}

}  // namespace attnbench::report
