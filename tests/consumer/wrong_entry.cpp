// A plugin entry as if built against other headers, or none at all; each macro gives another.
#include <algorithm>
#include <iterator>

#include "attnbench/plugin.h"

#ifndef NO_ENTRY
extern "C" const attnbench::PluginV1* attnbench_plugin_v1() {
  using namespace attnbench;
  static StructSize structs[std::size(kStructSizes)];
  std::copy(std::begin(kStructSizes), std::end(kStructSizes), structs);
  int32_t version = kAbiVersion;
#if defined(OTHER_VERSION)
  version = kAbiVersion + 41;
#elif defined(OTHER_SIZE)
  structs[0].bytes += 8;
#elif defined(OTHER_STRUCT)
  structs[1].name = "Gradient";
#endif
  static const PluginV1 plugin{
      version, static_cast<int32_t>(std::size(structs)), structs, nullptr, {"", "", ""}};
  return &plugin;
}
#endif
