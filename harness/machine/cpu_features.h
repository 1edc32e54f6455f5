// What the variants were compiled for, and what this CPU has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnbench::machine {

/// Names of SIMD and bit features the variants were compiled for, ending in null. Data alone, from
/// a file that is compiled as they are.
extern const char* const kCompiledFeatures[];

/// kCompiledFeatures as a list.
std::vector<std::string> compiled_features();

/// Those of `wanted` for which `has` says no, in their order.
std::vector<std::string> missing_features(const std::vector<std::string>& wanted,
                                          bool (*has)(std::string_view));

/// What a program says that cannot run here.
std::string wrong_cpu_message(const std::vector<std::string>& wanted,
                              const std::vector<std::string>& missing);

}  // namespace attnbench::machine
