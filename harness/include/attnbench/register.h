// Registration: each image (the program, each plugin) keeps its own intrusive list of variants.
#pragma once

#include <type_traits>

#include "attnbench/training.h"
#include "attnbench/variant.h"

namespace attnbench {

/// One link of an image's list. Objects are static and never unregister.
struct Registration {
  const Info* info;
  const Variant* variant;
  const Registration* next;
};

/// Head of this image's list. `hidden` keeps a plugin's list apart from the program's.
[[gnu::visibility("hidden")]] inline const Registration* g_registrations = nullptr;

[[gnu::visibility("hidden")]] inline bool add_registration(Registration& entry) {
  entry.next = g_registrations;
  g_registrations = &entry;
  return true;
}

/// Whether a class is of exactly one kind.
template <class Type>
inline constexpr bool kHasOneKind =
    std::is_base_of_v<Exact, Type> + std::is_base_of_v<Defined, Type> +
        std::is_base_of_v<Selective, Type> + std::is_base_of_v<DefinedGivenDecisions, Type> ==
    1;

/// Whether the harness can know a class's gradients, if it has any: from the keys that it sees, or
/// from a definition.
template <class Type>
inline constexpr bool kGradientsAreKnown =
    !std::is_base_of_v<Differentiable, Type> || std::is_base_of_v<Exact, Type> ||
    (std::is_base_of_v<Defined, Type> && std::is_base_of_v<DifferentiableDefined, Type>);

}  // namespace attnbench

/// Registers class `Type` under `info` (an attnbench::Info with static storage). Use it once in a
/// source file, at namespace scope.
#define ATTNBENCH_VARIANT(Type, info)                                                            \
  namespace {                                                                                    \
  static_assert(::attnbench::kHasOneKind<Type>,                                                  \
                #Type " derives from Exact, Defined, Selective or DefinedGivenDecisions");       \
  static_assert(::attnbench::kGradientsAreKnown<Type>, #Type                                     \
                " can be trained, so it derives from Exact, or from Defined and "                \
                "DefinesGradients");                                                             \
  const Type attnbench_variant_object{};                                                         \
  ::attnbench::Registration attnbench_registration{&(info), &attnbench_variant_object, nullptr}; \
  [[maybe_unused]] const bool attnbench_registered =                                             \
      ::attnbench::add_registration(attnbench_registration);                                     \
  }
