// Pictures of patterns: which query sees which keys, exactly, from visible_keys alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

/// How many (query, key) pairs of one head are seen in each cell, row by row. `rows` divides the
/// queries of the call into cells, `columns` its keys.
std::vector<int64_t> count_cells(const Exact& variant, const Call& call,
                                 const record::CellAxis& rows, const record::CellAxis& columns);

/// A row for each query: '1' for each key that it sees, else '0'.
std::string visible_pairs(const Exact& variant, const Call& call);

/// Why a variant has no pattern: "the data decide ...". Empty if it has one.
std::string undrawn_reason(const Variant& variant);

/// The variants among the cases that have no pattern, one entry for each label and params. Calls
/// that a variant refuses have none.
std::vector<record::Undrawn> undrawn_variants(const std::vector<record::CaseRecord>& cases,
                                              const registry::Catalogue& catalogue);

/// One picture for each label, params and causal (and q_len, if that does not follow seq_len) among
/// the cases, in their order: that of the largest seq_len with at most 2^16 queries. Calls that a
/// variant refuses have none. At most 64 pictures.
std::vector<record::Pattern> draw_patterns(const std::vector<record::CaseRecord>& cases,
                                           const registry::Catalogue& catalogue);

}  // namespace attnbench::plan
