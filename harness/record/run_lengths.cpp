// Counts to text and back.
#include "record/run_lengths.h"

#include <charconv>

namespace attnbench::record {
namespace {

/// Removes a whole number from the front of `text`.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string run_lengths(const std::vector<int64_t>& counts) {
  std::string text;
  for (size_t i = 0, next; i < counts.size(); i = next) {
    for (next = i + 1; next < counts.size() && counts[next] == counts[i];) ++next;
    if (i > 0) text += ' ';
    text += std::to_string(counts[i]);
    if (next - i > 1) text += 'x' + std::to_string(next - i);
  }
  return text;
}

std::optional<std::vector<int64_t>> counts_of(std::string_view text) {
  std::vector<int64_t> counts;
  while (!text.empty()) {
    if (!counts.empty() && !take(text, ' ')) return std::nullopt;
    const std::optional<int64_t> count = take_number(text);
    const std::optional<int64_t> times = take(text, 'x') ? take_number(text) : 1;
    if (!count || !times || *times < 1 ||
        *times > static_cast<int64_t>(kMostCounts - counts.size()))
      return std::nullopt;
    counts.insert(counts.end(), static_cast<size_t>(*times), *count);
  }
  return counts;
}

}  // namespace attnbench::record
