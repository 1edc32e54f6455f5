// Takes memory out of the caches.
#pragma once

#include <cstddef>
#include <span>

namespace attnbench::machine {

/// Writes these bytes back and removes them from every cache of every core, if the CPU has an
/// instruction for that (x86-64, aarch64); otherwise fills the caches with other memory.
void evict(std::span<const std::byte> bytes);

}  // namespace attnbench::machine
