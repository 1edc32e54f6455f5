// The pictures of a plan: which query sees which keys, exactly, from visible_keys alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

/// How many pairs are seen in each cell, row by row, of one (batch, head). `rows` cuts the queries
/// of the call, `columns` its keys.
std::vector<int64_t> count_cells(const Variant& variant, const Call& call,
                                 const record::CellAxis& rows, const record::CellAxis& columns);

/// '1' where the query (row) sees the key, else '0', by rows.
std::string visible_pairs(const Variant& variant, const Call& call);

/// One picture for each label, params and causal (and q_len, where that does not follow) among the
/// cases, in their order, of the largest seq_len whose queries are 2^16 at most. None for what a
/// variant refuses; 64 pictures at most.
std::vector<record::Pattern> draw_patterns(const std::vector<record::CaseRecord>& cases,
                                           const registry::Catalogue& catalogue);

/// What the exact variants among the cases see of a sentence, one view for each label, params and
/// causal; 64 views at most.
record::Sentence view_sentence(const std::vector<std::string>& tokens,
                               const std::vector<record::CaseRecord>& cases,
                               const registry::Catalogue& catalogue);

}  // namespace attnbench::plan
