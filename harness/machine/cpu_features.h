// The CPU features that the variants were compiled for, and whether this CPU has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnbench::machine {

/// Names of the SIMD and bit-manipulation features that the variants were compiled for, ending in
/// null. The file that defines it is compiled with the flags of the variants and holds no code.
extern const char* const kCompiledFeatures[];

/// kCompiledFeatures as a list.
std::vector<std::string> compiled_features();

/// The features of `wanted` for which `has` returns false, in the same order.
std::vector<std::string> missing_features(const std::vector<std::string>& wanted,
                                          bool (*has)(std::string_view));

/// The message of a program that cannot run on this CPU.
std::string wrong_cpu_message(const std::vector<std::string>& wanted,
                              const std::vector<std::string>& missing);

}  // namespace attnbench::machine
