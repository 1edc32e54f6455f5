// The parts of a study's page, built from the files in html/.
#pragma once

#include <string_view>

namespace attnbench::study {

extern const std::string_view kStudyStyle;
extern const std::string_view kStudyTemplate;
extern const std::string_view kCharacterStyle;  ///< Characters that not every machine has.

}  // namespace attnbench::study
