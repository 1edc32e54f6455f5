// What crosses between the program and a plugin: one C symbol that yields plain structs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/register.h"

namespace attnbench {

/// Version of everything in these headers that a plugin and the program must agree on. Raise it
/// with each change that struct sizes do not show: a virtual function is added, removed or moved, a
/// field changes its meaning or place, an enum gets another value. (The loader compares struct
/// sizes too.)
inline constexpr int32_t kAbiVersion = 7;

struct StructSize {
  const char* name;
  uint64_t bytes;
};

/// The sizes of the structs that cross, in this image.
inline constexpr StructSize kStructSizes[] = {
    {"Problem", sizeof(Problem)},
    {"Call", sizeof(Call)},
    {"List", sizeof(List)},
    {"Count", sizeof(Count)},
    {"Tensor", sizeof(Tensor<float>)},
    {"Inputs", sizeof(Inputs)},
    {"Workspace", sizeof(Workspace)},
    {"Param", sizeof(Param)},
    {"Term", sizeof(Term)},
    {"Growth", sizeof(Growth)},
    {"Theory", sizeof(Theory)},
    {"Support", sizeof(Support)},
    {"KeySpan", sizeof(KeySpan)},
    {"KeySpans", sizeof(KeySpans)},
    {"ExtraInput", sizeof(ExtraInput)},
    {"Cost", sizeof(Cost)},
    {"Rows", sizeof(Rows)},
    {"Regret", sizeof(Regret)},
    {"Variant", sizeof(Variant)},
    {"Gradients", sizeof(Gradients)},
    {"Saved", sizeof(Saved)},
    {"Differentiable", sizeof(Differentiable)},
    {"Info", sizeof(Info)},
    {"Registration", sizeof(Registration)},
};

/// How a plugin was compiled; a record names it beside the program's own build.
struct PluginBuild {
  const char* compiler;
  const char* flags;
  const char* build_type;
};

/// What a plugin says of itself. This struct never changes: another one would get another symbol.
struct PluginV1 {
  int32_t abi_version;
  int32_t struct_count;
  const StructSize* structs;
  const Registration* variants;  ///< Head of the list of all its ATTNBENCH_VARIANT.
  PluginBuild build;
};

/// What a plugin may use of the program while it loads a file and while its variants run.
struct HostV1 {
  const Registration* known;  ///< The variants that the program has.
  /// Ends this process for a reason, which is one line, and with it the case that the process
  /// measures. `details` are lines beside it, such as a traceback; null for none. Does not return.
  void (*fail)(const char* reason, const char* details);
};

/// The version of something that variants run on: an interpreter, a package.
struct VersionV1 {
  const char* name;
  const char* version;
};

/// What a file of variants yields. Everything lives as long as the process.
struct FileV1 {
  const char* error;             ///< What is wrong, with file and line; null if nothing is.
  const char* sha256;            ///< Of the bytes that were loaded, in hexadecimal.
  const Registration* variants;  ///< Null if there is an error, or the file has none.
  /// Its forward calls a function of the file's language that does nothing: what a call costs
  /// beside the function.
  const Variant* empty;
  const VersionV1* versions;
  int32_t version_count;
};

}  // namespace attnbench

/// The only symbol that a plugin exports; `attnbench_add_plugin` compiles it in (plugin_entry.cpp).
/// The object lives as long as the process: a plugin is never unloaded.
extern "C" [[gnu::visibility("default")]] const attnbench::PluginV1* attnbench_plugin_v1();

/// A plugin that exports this symbol as well loads files that hold variants in another language,
/// each once. Then its own list of variants may be empty.
extern "C" [[gnu::visibility("default")]] attnbench::FileV1 attnbench_load_v1(
    const char* path, const attnbench::HostV1* host);
