// The table of what a claim may be about.
#include <algorithm>
#include <cstddef>

#include "record/input_statistics.h"
#include "record/probe.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

using enum Certainty;
using report::Format;

/// Quantities of a case: numbers and titles are those of report/quantities.h, under the same names.
const QuantityRow kCaseRows[] = {
    {"time", "median time of a call, in seconds", kMeasured, Source::kSamples, Format::kTime},
    {"time_median_s", "the same as time", kMeasured, Source::kSamples, Format::kTime},
    {"cpu_median_s", "median CPU time of a call, all threads, in seconds", kMeasured,
     Source::kSamples, Format::kTime},
    {"first_call_median_s", "median time of a process's first call, in seconds", kMeasured,
     Source::kSamples, Format::kTime},
    {"gflops", "rate of the counted work, in GFLOP/s", kMeasured, Source::kRate},
    {"tokens_per_s", "queries a second", kMeasured, Source::kRate},
    {"least_traffic_gbs", "rate of the least possible memory traffic, in GB/s", kMeasured,
     Source::kRate},
    {"thread_speedup", "time with the fewest threads over time", kMeasured, Source::kCase,
     Format::kRatio},
    {"speedup", "the baseline's time over time", kMeasured, Source::kCase, Format::kRatio},
    {"flops", "counted floating-point operations of a call", kExact},
    {"pairs", "pairs of query and key attended in a call", kExact},
    {"traffic_bytes", "least possible memory traffic of a call, in bytes", kExact, Source::kCase,
     Format::kBytes},
    {"steps", "operations that must follow one another", kExact, Source::kCase, Format::kWhole},
    {"path", "layers (of a recurrence: steps) between the two positions that are farthest apart",
     kExact, Source::kCase, Format::kWhole},
    {"input_bytes", "inputs, in bytes", kExact, Source::kCase, Format::kBytes},
    {"output_bytes", "output, in bytes", kExact, Source::kCase, Format::kBytes},
    {"workspace_bytes", "declared scratch memory, in bytes", kExact, Source::kCase, Format::kBytes},
    {"saved_bytes", "what forward keeps for backward, in bytes", kExact, Source::kCase,
     Format::kBytes},
    {"intermediate_bytes", "memory between inputs and outputs: workspace and what forward keeps",
     kExact, Source::kCase, Format::kBytes},
    {"memory_bytes", "memory in all: inputs, outputs, workspace and what forward keeps", kExact,
     Source::kCase, Format::kBytes},
    {"heap_peak_bytes", "most that was allocated at once in a call, in bytes", kExact,
     Source::kCase, Format::kBytes},
    {"resident_peak_bytes", "growth of the resident memory in the first call, in bytes", kMeasured,
     Source::kCase, Format::kBytes},
    {"check_worst_error", "largest difference from the exact output, by rounding", kComputed,
     Source::kCase, Format::kNumber, 2},
    {"check_worst_error_over_bound", "that difference over its bound", kComputed, Source::kCase,
     Format::kNumber, 2},
    {"distance_relative_error", "relative error against full attention", kComputed, Source::kCase,
     Format::kNumber, 2},
    {"distance_worst_head_error", "relative error of the worst head against full attention",
     kComputed, Source::kCase, Format::kNumber, 2},
    {"distance_cosine", "cosine with full attention's output", kComputed},
    {"percent_of_attention_mass", "part of full attention's weights that is seen, in percent",
     kComputed, Source::kCase, Format::kPercent, 2},
};

/// What full attention's weights of the inputs are like.
QuantityRow of_inputs(const char* name, const char* what, int digits = 3) {
  return {name, what, kComputed, Source::kInputs, Format::kNumber, digits};
}

const QuantityRow kOtherRows[] = {
    of_inputs("keys_seen", "keys that a query sees"),
    of_inputs("effective_keys", "exp(entropy) of a query's weights: so many equal ones have it"),
    of_inputs("effective_keys_low", "effective keys that a tenth of the queries has fewer of"),
    of_inputs("effective_keys_high", "effective keys that a tenth of the queries has more of"),
    of_inputs("effective_share", "effective keys over the keys that a query sees", 2),
    of_inputs("entropy", "entropy of a query's weights, in nats"),
    of_inputs("first_key_mass", "part of the weights that the first key gets", 2),
    of_inputs("top_1_percent_mass", "part of the weights of the largest 1 % of them", 2),
    of_inputs("top_5_percent_mass", "part of the weights of the largest 5 % of them", 2),
    of_inputs("top_20_percent_mass", "part of the weights of the largest 20 % of them", 2),
    of_inputs("nearest_key_mass", "part of the weights that the query's own key gets", 2),
    of_inputs("nearest_16_keys_mass", "part of the weights of the keys less than 16 away", 2),
    of_inputs("nearest_64_keys_mass", "part of the weights of the keys less than 64 away", 2),
    of_inputs("key_mean", "norm of the mean key over the root of the keys' mean squared norm", 2),
    of_inputs("first_key_norm", "norm of the first key over the mean norm", 2),
    {"largest_n", "largest seq_len that fits the memory limit", kExact, Source::kWall,
     Format::kWhole},
    {"largest_batch",
     "in training, the largest batch that fits the memory limit at the largest seq_len swept",
     kExact, Source::kWall, Format::kWhole},
};

std::vector<QuantityRow> make_rows() {
  std::vector<QuantityRow> rows(std::begin(kCaseRows), std::end(kCaseRows));
  for (const record::ProbeKind& kind : record::probe_kinds())
    rows.push_back({kind.name, std::string(kind.value) + ", by the probe of that name", kMeasured,
                    Source::kProbe, Format::kNumber, 2});
  rows.insert(rows.end(), std::begin(kOtherRows), std::end(kOtherRows));
  return rows;
}

}  // namespace

const char* certainty_name(Certainty certainty) {
  switch (certainty) {
    case kMeasured:
      return "measured";
    case kExact:
      return "exact";
    case kComputed:
      return "computed";
  }
  return "unknown";
}

std::span<const QuantityRow> quantity_rows() {
  static const std::vector<QuantityRow> rows = make_rows();
  return rows;
}

const QuantityRow* find_quantity_row(std::string_view name) {
  const std::span<const QuantityRow> rows = quantity_rows();
  const auto found = std::ranges::find(rows, name, &QuantityRow::name);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace attnbench::study
