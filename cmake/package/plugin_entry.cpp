// The entry of a plugin. attnbench_add_plugin compiles it into each plugin.
#include <iterator>

#include "attnbench/plugin.h"

#ifndef ATTNBENCH_PLUGIN_COMPILER
#define ATTNBENCH_PLUGIN_COMPILER __VERSION__
#define ATTNBENCH_PLUGIN_FLAGS "unknown"
#define ATTNBENCH_PLUGIN_BUILD_TYPE "unknown"
#endif

extern "C" const attnbench::PluginV1* attnbench_plugin_v1() {
  static const attnbench::PluginV1 plugin{
      attnbench::kAbiVersion,
      static_cast<int32_t>(std::size(attnbench::kStructSizes)),
      attnbench::kStructSizes,
      attnbench::g_registrations,
      {ATTNBENCH_PLUGIN_COMPILER, ATTNBENCH_PLUGIN_FLAGS, ATTNBENCH_PLUGIN_BUILD_TYPE},
  };
  return &plugin;
}
