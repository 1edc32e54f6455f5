// Registration: each image (the program, each plugin) keeps its own intrusive list of variants.
#pragma once

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

}  // namespace attnbench

/// Registers class `Type` under `info` (an attnbench::Info with static storage). Use it once in a
/// source file, at namespace scope.
#define ATTNBENCH_VARIANT(Type, info)                                                            \
  namespace {                                                                                    \
  const Type attnbench_variant_object{};                                                         \
  ::attnbench::Registration attnbench_registration{&(info), &attnbench_variant_object, nullptr}; \
  [[maybe_unused]] const bool attnbench_registered =                                             \
      ::attnbench::add_registration(attnbench_registration);                                     \
  }
