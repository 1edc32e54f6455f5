// Fuzzes the config reader: any text is a config that reads back as itself, or a ConfigError.
#include <cstdlib>

#include "config/config.h"
#include "config/fakes.h"
#include "fuzz/fuzz.h"

using namespace attnbench;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  config::Config config;
  try {
    config = config::parse_config(text, "fuzz.json", {}, config::testing::catalogue_with_list(), 2);
  } catch (const config::ConfigError&) {
    return 0;
  }
  const std::string written = config::config_to_text(config);
  const config::Config again =
      config::parse_config(written, "written.json", {}, config::testing::catalogue_with_list(), 2);
  if (config::config_to_text(again) != written) std::abort();
  return 0;
}
