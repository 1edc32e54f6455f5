// One function for each promise about training, which tries it on one problem, by subject.
#pragma once

#include "conformance/promises.h"
#include "conformance/trial.h"

namespace attnbench::conformance {

/// Why the variant does not train on this call, be it that forward can't do it; empty if it does.
std::string training_declined(const Variant& variant, const Call& call);

/// Most that a training step takes beyond inputs, output and gradients, in bytes.
Count training_bytes(const Variant& variant, const Call& call);

// What a variant states of training (training_statements.cpp).
Attempt answers_the_same_of_training(const registry::Entry& entry, const Trial& trial);
Attempt declares_training_memory(const registry::Entry& entry, const Trial& trial);
Attempt states_training_theory(const registry::Entry& entry, const Trial& trial);
Attempt states_backward_cost(const registry::Entry& entry, const Trial& trial);

// What a step reads and writes, and that it computes the same again (training_memory.cpp).
Attempt stays_inside_in_training(const registry::Entry& entry, const Trial& trial);
Attempt overwrites_gradients(const registry::Entry& entry, const Trial& trial);
Attempt ignores_old_training_memory(const registry::Entry& entry, const Trial& trial);
Attempt leaves_what_backward_reads(const registry::Entry& entry, const Trial& trial);
Attempt takes_no_heap_in_training(const registry::Entry& entry, const Trial& trial);
Attempt repeats_its_gradients(const registry::Entry& entry, const Trial& trial);
Attempt same_gradients_across_threads(const registry::Entry& entry, const Trial& trial);

// What a step computes (gradients.cpp).
Attempt saves_as_it_forwards(const registry::Entry& entry, const Trial& trial);
Attempt agrees_with_its_gradients(const registry::Entry& entry, const Trial& trial);
Attempt sums_each_pair_once(const registry::Entry& entry, const Trial& trial);
Attempt agrees_with_differences(const registry::Entry& entry, const Trial& trial);
Attempt blind_queries_have_no_gradient(const registry::Entry& entry, const Trial& trial);
Attempt unseen_keys_have_no_gradient(const registry::Entry& entry, const Trial& trial);
void make_tiny(Trial& trial);

}  // namespace attnbench::conformance
