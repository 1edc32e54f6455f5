// Variants that break promises, each in its own way, for a test program and for a plugin.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "attnbench/register.h"

namespace attnbench {
namespace {

/// Shorter sequences are done right, so that a test sees which cases a fault costs and which not.
constexpr int64_t kFirstBadLength = 32;

using Misdeed = void (*)(const Tensor<float>& out, const Workspace& workspace);

/// Each query sees one key, whose v it copies.
class Misbehaving final : public Exact {
 public:
  constexpr explicit Misbehaving(Misdeed misdeed) : misdeed_(misdeed) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t key = key_of(call.problem, query);
    if (key >= 0) keys.add({key, key + 1, 1});
  }
  Count workspace_bytes(const Call&) const noexcept override { return Count(256); }
  Theory theory(const Call&) const noexcept override { return {{1, 0}, {0, 0}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i)
          copy_value(p, in.v.head(b, h / (p.heads / p.kv_heads)), i, out.row(b, h, i));
    if (p.kv_len >= kFirstBadLength) misdeed_(out, workspace);
  }

 private:
  /// Negative if causality leaves no key.
  static int64_t key_of(const Problem& p, int64_t query) {
    const int64_t key = query % p.kv_len;
    return p.causal ? std::min(key, aligned_position(p, query)) : key;
  }

  static void copy_value(const Problem& p, const float* v, int64_t query, float* out) {
    const int64_t key = key_of(p, query);
    for (int64_t d = 0; d < p.head_dim; ++d) out[d] = key < 0 ? 0 : v[key * p.head_dim + d];
  }

  Misdeed misdeed_;
};

void segfaults(const Tensor<float>&, const Workspace&) {
  volatile int* nowhere = nullptr;
  *nowhere = 1;
}
void aborts(const Tensor<float>&, const Workspace&) {
  std::abort();
}
void exits(const Tensor<float>&, const Workspace&) {
  std::exit(0);
}
void throws(const Tensor<float>&, const Workspace&) {
  throw std::runtime_error("thrown where nothing may be");
}
void hangs(const Tensor<float>&, const Workspace&) {
  for (;;) pause();
}
void writes_past_output(const Tensor<float>& out, const Workspace&) {
  out.data[out.size()] = 1;
}
void writes_past_workspace(const Tensor<float>&, const Workspace& workspace) {
  workspace.data[workspace.bytes] = std::byte{1};
}
void returns_nan(const Tensor<float>& out, const Workspace&) {
  out.data[out.size() - 1] = std::numeric_limits<float>::quiet_NaN();
}
void is_wrong_from_three_dims_on(const Tensor<float>& out, const Workspace&) {
  if (out.dim >= 3) out.data[2] += 1;
}
void allocates_a_megabyte(const Tensor<float>&, const Workspace&) {
  void* volatile block = std::malloc(1 << 20);
  std::free(block);
}
void prints_a_megabyte(const Tensor<float>&, const Workspace&) {
  for (int line = 0; line < 1 << 14; ++line)
    std::fputs("a line of sixty-four characters, many times over, to both pipes", stderr);
}
void leaves_a_child(const Tensor<float>&, const Workspace&) {
  if (fork() == 0) {
    sleep(1000);
    _exit(0);
  }
}
/// Each worker is a process of its own, so that it counts its own calls.
int g_calls = 0;
void is_wrong_from_the_third_call_on(const Tensor<float>& out, const Workspace&) {
  if (++g_calls >= 3) out.data[0] += 1;
}
void changes_its_bits(const Tensor<float>& out, const Workspace&) {
  if (++g_calls >= 3) out.data[0] = std::nextafter(out.data[0], 4.0f);
}
void allocates_without_end(const Tensor<float>&, const Workspace&) {
  for (;;) {
    // Volatile, so that the compiler keeps it.
    void* volatile block = ::operator new (size_t{64} << 20);
    static_cast<void>(block);
  }
}

/// Right, and takes the same time whatever else runs.
void sleeps(const Tensor<float>&, const Workspace&) {
  usleep(10'000);
}
/// Right, but takes another time in each process, 20 us to 1.3 ms, as on a busy machine.
void is_erratic(const Tensor<float>&, const Workspace&) {
  const uint64_t mixed = static_cast<uint64_t>(getpid()) * 0x9e3779b97f4a7c15u;
  const auto time = std::chrono::microseconds(20 << (mixed >> 32) % 7);
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

struct Fault {
  Info info;
  Misbehaving variant;
  Registration registration{&info, &variant, nullptr};
  bool registered = add_registration(registration);

  Fault(const char* name, Misdeed misdeed)
      : info{name, "Misbehaves from 32 keys on", Kind::kExact, "none"}, variant(misdeed) {}
};

Fault g_faults[] = {
    {"segfaults", segfaults},
    {"aborts", aborts},
    {"exits", exits},
    {"throws", throws},
    {"hangs", hangs},
    {"writes_past_output", writes_past_output},
    {"writes_past_workspace", writes_past_workspace},
    {"returns_nan", returns_nan},
    {"is_wrong_from_three_dims_on", is_wrong_from_three_dims_on},
    {"allocates_a_megabyte", allocates_a_megabyte},
    {"is_wrong_from_the_third_call_on", is_wrong_from_the_third_call_on},
    {"changes_its_bits", changes_its_bits},
    {"prints_a_megabyte", prints_a_megabyte},
    {"leaves_a_child", leaves_a_child},
    {"allocates_without_end", allocates_without_end},
    {"sleeps", sleeps},
    {"is_erratic", is_erratic},
};

}  // namespace
}  // namespace attnbench
