// Fuzzes the readers of studies and of published tables: any text is one, or has problems.
#include <algorithm>
#include <cstdlib>

#include "config/config.h"
#include "fuzz/fuzz.h"
#include "study/read_document.h"
#include "study/read_tables.h"

using namespace attnbench;

namespace {

/// What `read` makes of a text; nothing if it finds problems.
template <class Read>
auto sound(const Read& read) -> std::optional<decltype(read(std::declval<config::Problems&>()))> {
  config::Problems problems("fuzz.json");
  try {
    auto result = read(problems);
    problems.throw_if_any();
    return result;
  } catch (const config::ConfigError&) {
    return std::nullopt;
  }
}

bool has_words(const study::Section& section) {
  return !section.id.empty() && !section.title.empty() && !section.question.empty() &&
         std::ranges::none_of(section.claims, [](const study::Claim& claim) {
           return claim.says.empty() || claim.quantity.empty() || claim.of.variant.empty();
         });
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = sound(
      [&](config::Problems& problems) { return study::parse_study(text, "fuzz.json", problems); });
  if (read && !std::ranges::all_of(read->sections, has_words)) std::abort();
  const auto table = sound(
      [&](config::Problems& problems) { return study::parse_table(text, "fuzz.json", problems); });
  if (table && (table->rows.empty() || table->reference.empty())) std::abort();
  return 0;
}
