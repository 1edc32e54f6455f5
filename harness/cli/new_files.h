// The files that `new` writes, for a variant called my_variant and a study called my_study.
#pragma once

#include <string_view>

namespace attnbench::cli {

extern const std::string_view kNewVariant;  ///< my_variant.cpp
extern const std::string_view kNewProject;  ///< CMakeLists.txt
extern const std::string_view kNewConfig;   ///< my_variant.json

/// The same of a variant with a definition of its own.
extern const std::string_view kNewApproximation;
extern const std::string_view kNewApproximationConfig;

extern const std::string_view kNewStudy;        ///< study.json
extern const std::string_view kNewStudyConfig;  ///< time.json

extern const std::string_view kNewPython;  ///< my_variant.py

}  // namespace attnbench::cli
