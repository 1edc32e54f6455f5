// Compares the CPU with what the variants need. It does so before the static objects of the
// variants are initialized, which is before main, since their code may need a better CPU. This file
// is compiled for any CPU of the architecture.
#include "machine/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <unistd.h>

#include <cstdio>

#include "machine/machine.h"

namespace attnbench::machine {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

#if defined(__x86_64__)
/// By the instruction itself, because Clang 14 asks for no feature of this name.
bool cpu_has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1u << 4)) != 0;
}
#endif

/// True for a feature that cannot be asked for on this architecture.
bool cpu_has([[maybe_unused]] std::string_view feature) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#define ASK(name) \
  if (feature == name) return __builtin_cpu_supports(name) != 0
  ASK("sse3");
  ASK("ssse3");
  ASK("sse4.1");
  ASK("sse4.2");
  ASK("popcnt");
  ASK("bmi");
  ASK("bmi2");
  ASK("avx");
  ASK("avx2");
  ASK("fma");
  ASK("avx512f");
  ASK("avx512cd");
  ASK("avx512dq");
  ASK("avx512bw");
  ASK("avx512vl");
  ASK("avx512vnni");
  ASK("avx512bf16");
#undef ASK
  if (feature == "avxvnni") return cpu_has_avxvnni();
#endif
  return true;
}

/// Runs before the static objects of every other file, because those have a later priority or
/// none.
__attribute__((constructor(101))) void refuse_lesser_cpu() {
  const auto missing = missing_cpu_features();
  if (missing.empty()) return;
  std::fputs(wrong_cpu_message(compiled_features(), missing).c_str(), stderr);
  _exit(3);
}

}  // namespace

std::vector<std::string> compiled_features() {
  std::vector<std::string> names;
  for (const char* const* name = kCompiledFeatures; *name != nullptr; ++name)
    names.emplace_back(*name);
  return names;
}

std::vector<std::string> missing_features(const std::vector<std::string>& wanted,
                                          bool (*has)(std::string_view)) {
  std::vector<std::string> missing;
  for (const std::string& name : wanted)
    if (!has(name)) missing.push_back(name);
  return missing;
}

std::string wrong_cpu_message(const std::vector<std::string>& wanted,
                              const std::vector<std::string>& missing) {
  return "attnbench: this program's variants were compiled for a CPU with " + joined(wanted) +
         "; this one lacks " + joined(missing) + ". Build it again on this machine.\n";
}

std::vector<std::string> missing_cpu_features() {
  return missing_features(compiled_features(), cpu_has);
}

}  // namespace attnbench::machine
