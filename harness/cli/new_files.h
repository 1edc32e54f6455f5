// The files that `new` writes, for a variant called my_variant.
#pragma once

#include <string_view>

namespace attnbench::cli {

extern const std::string_view kNewVariant;  ///< my_variant.cpp
extern const std::string_view kNewProject;  ///< CMakeLists.txt
extern const std::string_view kNewConfig;   ///< my_variant.json

/// The same of a variant with a definition of its own.
extern const std::string_view kNewApproximation;
extern const std::string_view kNewApproximationConfig;

}  // namespace attnbench::cli
