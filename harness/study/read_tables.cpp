// Reads published tables.
#include "study/read_tables.h"

#include <algorithm>
#include <charconv>

#include "attnbench/problem.h"
#include "config/document.h"
#include "config/values.h"
#include "study/read_picks.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

std::optional<int64_t> length_of(const std::string& text) {
  int64_t length = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool whole = error == std::errc() && after == text.data() + text.size();
  const bool plain = whole && std::to_string(length) == text;  // No "+5", no "007".
  return plain && length >= 1 && length <= kMaxLength ? std::optional(length) : std::nullopt;
}

void read_values(const Node& node, PublishedRow& row, Problems& problems) {
  if (!node.value.is_object()) {
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected an object of numbers by seq_len, such as "
                                   "{\"128\": 0.21, \"256\": null}");
    return;
  }
  for (const auto& item : node.value.items()) {
    const std::string pointer = config::join_pointer(node.pointer, item.key());
    const std::optional<int64_t> length = length_of(item.key());
    const Json& value = item.value();
    const bool good = value.is_null() || (value.is_number() && value.get<double>() > 0);
    if (!length)
      problems.add(pointer, "the key is no seq_len; use a whole number from 1 to " +
                                std::to_string(kMaxLength));
    if (!good)
      problems.add(pointer, "is " + shown(value) +
                                "; a published value is a number above 0, or null if the paper "
                                "has none there");
    if (length && good)
      row.values.emplace_back(*length,
                              value.is_null() ? std::nullopt : std::optional(value.get<double>()));
  }
  std::sort(row.values.begin(), row.values.end());
}

void read_out_of_memory(const Node& node, PublishedRow& row, Problems& problems) {
  if (!node.value.is_array()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of lengths");
    return;
  }
  for (size_t i = 0; i < node.value.size(); ++i) {
    const Node item = config::element(node, i);
    const auto length = config::read_integer(item, {"seq_len", 1, kMaxLength}, problems);
    if (!length) continue;
    row.out_of_memory.push_back(*length);
    for (const auto& [x, value] : row.values)
      if (x == *length && value)
        problems.add(item.pointer, "the row has a value at " + std::to_string(x) +
                                       ", so that it did not run out of memory there");
  }
}

PublishedRow read_row(const Node& node, Problems& problems) {
  PublishedRow row;
  if (!check_object(node, {"series", "of", "values", "out_of_memory", "note"}, problems))
    return row;
  need_keys(node, {"series", "values"}, problems);
  row.series = read_text_of(node, "series", problems);
  if (const auto of = member(node, "of")) row.of = read_pick(*of, problems);
  if (const auto values = member(node, "values")) read_values(*values, row, problems);
  if (const auto lengths = member(node, "out_of_memory"))
    read_out_of_memory(*lengths, row, problems);
  row.note = read_text_of(node, "note", problems);
  return row;
}

void read_rows(const Node& node, PublishedTable& table, Problems& problems) {
  if (!node.value.is_array() || node.value.empty()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of rows");
    return;
  }
  for (size_t i = 0; i < node.value.size(); ++i) {
    PublishedRow row = read_row(config::element(node, i), problems);
    const bool repeated = std::ranges::any_of(
        table.rows, [&](const PublishedRow& other) { return other.series == row.series; });
    if (repeated && !row.series.empty())
      problems.add(config::element(node, i).pointer + "/series",
                   shown(Json(row.series)) + " is twice in this table");
    table.rows.push_back(std::move(row));
  }
}

}  // namespace

PublishedTable parse_table(const std::string& text, const std::string& file, Problems& problems) {
  const Json document = config::parse_document(text, file, problems);
  const Node root{document, ""};
  PublishedTable table;
  if (!check_object(root,
                    {"paper", "authors_year", "source", "what", "machine", "setup", "unit",
                     "more_is_better", "quantity", "reference", "rows"},
                    problems))
    return table;
  need_keys(root,
            {"paper", "authors_year", "source", "what", "machine", "unit", "quantity", "reference",
             "rows"},
            problems);
  for (const auto& [key, text_of] :
       {std::pair("paper", &table.paper), std::pair("authors_year", &table.authors_year),
        std::pair("source", &table.source), std::pair("what", &table.what),
        std::pair("machine", &table.machine), std::pair("setup", &table.setup),
        std::pair("unit", &table.unit)})
    *text_of = read_text_of(root, key, problems);
  if (const auto flag = member(root, "more_is_better")) {
    if (flag->value.is_boolean())
      table.more_is_better = flag->value.get<bool>();
    else
      problems.add(flag->pointer, "is " + shown(flag->value) + "; expected true or false");
  }
  if (const auto quantity = member(root, "quantity"))
    table.quantity = read_quantity(*quantity, problems).value_or("");
  if (const auto rows = member(root, "rows")) read_rows(*rows, table, problems);
  std::vector<std::string> series;
  for (const PublishedRow& row : table.rows) series.push_back(row.series);
  if (const auto reference = member(root, "reference"))
    table.reference = read_choice(*reference, "series", series, problems).value_or("");
  return table;
}

}  // namespace attnbench::study
