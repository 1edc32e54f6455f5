// What `describe` prints of a variant beside its params and its picture.
#pragma once

#include <string>

#include "registry/registry.h"

namespace attnbench::cli {

/// "exact: softmax attention over keys that the call alone decides".
std::string kind_words(const registry::Entry& entry);

/// Prints the task that the variant has of its own, what it takes, theory, declared inputs, and
/// what it costs for this call, which has default params.
void print_facts(const registry::Entry& entry, const Call& call);

}  // namespace attnbench::cli
