// Running sums over keys, in the order in which the spans of one step are contiguous.
#include "measure/span_sums.h"

#include "registry/registry.h"

namespace attnbench::measure {
namespace {

/// Calls `visit(key, place)` by ascending place.
template <class Visit>
void for_each_place(const StepOrder& order, const Visit& visit) {
  int64_t place = 0;
  for (int64_t residue = 0; residue < std::min(order.step, order.kv_len); ++residue)
    for (int64_t key = residue; key < order.kv_len; key += order.step) visit(key, place++);
}

}  // namespace

int64_t step_of(const KeySpan& span) {
  return registry::key_count(span) == 1 ? 1 : span.step;
}

RunningSums::RunningSums(const Columns& columns, int64_t kv_len, int64_t step)
    : columns_(columns.count), order_{kv_len, step} {
  sums_.resize(static_cast<size_t>((kv_len + 1) * columns_));
  for_each_place(order_, [&](int64_t key, int64_t place) {
    int32_t* const last = sums_.data() + place * columns_;
    for (int64_t c = 0; c < columns_; ++c)
      last[columns_ + c] = last[c] + static_cast<int32_t>(columns.v[key * columns.stride + c]);
  });
}

void KeyTotals::add_span(const KeySpan& span, const double* values) {
  const int64_t keys = registry::key_count(span), step = step_of(span);
  if (keys == 0) return;
  std::vector<double>& rises = rises_[step];
  rises.resize(static_cast<size_t>((kv_len_ + 1) * columns_));
  double* const begin = rises.data() + StepOrder{kv_len_, step}.place(span.begin) * columns_;
  double* const end = begin + keys * columns_;
  for (int64_t c = 0; c < columns_; ++c) {
    begin[c] += values[c];
    end[c] -= values[c];
  }
}

std::vector<double> KeyTotals::take() {
  std::vector<double> totals(static_cast<size_t>(kv_len_ * columns_));
  std::vector<double> last(static_cast<size_t>(columns_));
  for (auto& [step, rises] : rises_) {
    std::fill(last.begin(), last.end(), 0.0);
    for_each_place({kv_len_, step}, [&](int64_t key, int64_t place) {
      for (int64_t c = 0; c < columns_; ++c) {
        const auto column = static_cast<size_t>(c);
        last[column] += rises[static_cast<size_t>(place * columns_ + c)];
        totals[static_cast<size_t>(key * columns_ + c)] += last[column];
      }
    });
  }
  rises_.clear();
  return totals;
}

}  // namespace attnbench::measure
