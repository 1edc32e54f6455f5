// The table of promises: to which kinds of variants each applies, and how it is tried.
#include "conformance/promises.h"

#include "conformance/attempts.h"
#include "conformance/training_attempts.h"

namespace attnbench::conformance {
namespace {

constexpr const char* kNoKeys = "only an exact variant states which keys a query sees";
constexpr const char* kNoDefinition = "the keys that a query sees are its definition";
constexpr const char* kNoDecisions = "the data decide nothing in it";

constexpr Promise kPromises[] = {
    {.name = "states well-formed keys",
     .attempt = states_keys,
     .kinds = kExact,
     .others = kNoKeys,
     .only_asks = true,
     .is_vital = true},
    {.name = "declares well-formed inputs that never wrap around",
     .attempt = declares_inputs,
     .only_asks = true,
     .is_vital = true},
    {.name = "stays inside its memory", .attempt = stays_inside},
    {.name = "answers the same when asked again", .attempt = answers_the_same},
    {.name = "declares a workspace that never wraps around",
     .attempt = declares_workspace,
     .only_asks = true},
    {.name = "states a cost above 0 that never wraps around",
     .attempt = states_cost,
     .kinds = kInexact,
     .others = "the cost of an exact variant follows from its keys",
     .only_asks = true},
    {.name = "defines a row the same, whatever other rows are asked for",
     .attempt = defines_rows_alone,
     .kinds = kDefined | kDefinedGivenDecisions,
     .others = kNoDefinition},
    {.name = "decides the same when asked again",
     .attempt = decides_the_same,
     .kinds = kSelective | kDefinedGivenDecisions,
     .others = kNoDecisions},
    {.name = "ignores what out and workspace held", .attempt = ignores_old_contents},
    {.name = "leaves its inputs alone", .attempt = leaves_inputs},
    {.name = "agrees with its definition", .attempt = agrees_with_definition},
    {.name = "sees each key once",
     .attempt = sees_each_key_once,
     .kinds = kExact | kSelective,
     .others = "it is no softmax over keys",
     .aim = give_equal_weights},
    {.name = "withstands extreme inputs", .attempt = agrees_with_definition, .aim = make_extreme},
    {.name = "yields zero where no key is seen",
     .attempt = blind_queries_yield_zero,
     .kinds = kExact,
     .others = kNoKeys,
     .aim = put_queries_ahead},
    {.name = "ignores keys that no query sees",
     .attempt = ignores_unseen_keys,
     .kinds = kExact,
     .others = kNoKeys,
     .aim = take_few_queries},
    {.name = "sees no later position if causal", .attempt = sees_no_future},
    {.name = "takes nothing from the heap", .attempt = takes_no_heap, .forbids_heap = true},
    {.name = "gives the same bits when run twice", .attempt = repeats_itself},
    {.name = "agrees across thread counts", .attempt = agrees_across_threads},

    {.name = "declares memory for training that never wraps around",
     .attempt = declares_training_memory,
     .trains = true,
     .only_asks = true},
    {.name = "states a well-formed theory of training",
     .attempt = states_training_theory,
     .trains = true,
     .only_asks = true},
    {.name = "states a cost of backward above 0 that never wraps around",
     .attempt = states_backward_cost,
     .kinds = kDefined,
     .others = "the cost of an exact variant follows from its keys",
     .trains = true,
     .only_asks = true},
    {.name = "stays inside its memory in training",
     .attempt = stays_inside_in_training,
     .trains = true},
    {.name = "answers the same about training when asked again",
     .attempt = answers_the_same_of_training,
     .trains = true},
    {.name = "writes every gradient and adds to none",
     .attempt = overwrites_gradients,
     .trains = true},
    {.name = "ignores what memory for training held",
     .attempt = ignores_old_training_memory,
     .trains = true},
    {.name = "leaves alone what backward reads",
     .attempt = leaves_what_backward_reads,
     .trains = true},
    {.name = "agrees with its definition while it saves",
     .attempt = saves_as_it_forwards,
     .trains = true},
    {.name = "agrees with the gradients of its definition",
     .attempt = agrees_with_its_gradients,
     .trains = true},
    {.name = "sums each pair of query and key once in training",
     .attempt = sums_each_pair_once,
     .kinds = kExact,
     .others = kNoKeys,
     .trains = true},
    {.name = "withstands extreme inputs in training",
     .attempt = agrees_with_its_gradients,
     .trains = true,
     .aim = make_extreme},
    {.name = "agrees with differences of its definition",
     .attempt = agrees_with_differences,
     .kinds = kDefined,
     .others = "the gradients of an exact variant follow from its keys",
     .trains = true,
     .aim = make_tiny},
    {.name = "has gradients of zero where no key is seen",
     .attempt = blind_queries_have_no_gradient,
     .kinds = kExact,
     .others = kNoKeys,
     .trains = true,
     .aim = put_queries_ahead},
    {.name = "keeps keys that no query sees out of gradients",
     .attempt = unseen_keys_have_no_gradient,
     .kinds = kExact,
     .others = kNoKeys,
     .trains = true,
     .aim = take_few_queries},
    {.name = "takes nothing from the heap in training",
     .attempt = takes_no_heap_in_training,
     .forbids_heap = true,
     .trains = true},
    {.name = "gives the same gradients when run twice",
     .attempt = repeats_its_gradients,
     .trains = true},
    {.name = "gives the same gradients with every number of threads",
     .attempt = same_gradients_across_threads,
     .trains = true},
};

uint32_t kind_of(const Variant& variant) {
  if (variant.exact() != nullptr) return kExact;
  if (variant.defined() != nullptr) return kDefined;
  return variant.selective() != nullptr ? kSelective : kDefinedGivenDecisions;
}

}  // namespace

std::span<const Promise> promises() {
  return kPromises;
}

std::string exemption(const Promise& promise, const registry::Entry& entry) {
  const Variant& variant = *entry.variant;
  if (promise.forbids_heap && entry.info->allocates)
    return "it may allocate, and what it takes is measured";
  if (promise.trains && variant.differentiable() == nullptr) return "it has no backward pass";
  return (promise.kinds & kind_of(variant)) != 0 ? "" : promise.others;
}

}  // namespace attnbench::conformance
