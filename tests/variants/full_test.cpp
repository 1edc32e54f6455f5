// full: its scratch is the tensor of scores and nothing else.
#include "catch.h"
#include "measure/memory.h"
#include "naive.h"

using namespace attnbench;

TEST_CASE("Full attention declares the scores of all heads") {
  const Call call{{2, 6, 3, 10, 20, 64, true}, nullptr, 4};
  CHECK(variant_named("full").workspace_bytes(call) == count(2, 6, 10, 20, sizeof(float)));
}

TEST_CASE("Products of full attention take nothing from the heap") {
  for (const Problem& problem :
       {Problem{1, 1, 1, 300, 1500, 512, false}, Problem{1, 1, 1, 260, 3000, 64, true},
        Problem{1, 2, 1, 1, 5000, 128, false}, Problem{1, 1, 1, 700, 40, 1, false}}) {
    const Exact& full = variant_named("full");
    const Bench bench(full, problem, {});
    const machine::Buffer workspace(
        static_cast<size_t>(full.workspace_bytes(bench.call(2)).value()));
    std::vector<float> out(static_cast<size_t>(problem.heads * problem.q_len * problem.head_dim));
    const Workspace scratch{workspace.data(), workspace.size()};
    bench.forward_into(2, out, scratch);  // The first call makes OpenMP set up its threads.
    const auto peak = measure::heap_peak_of([&] {
      bench.forward_into(2, out, {workspace.data(), workspace.size()});
    });
    INFO("kv_len " << problem.kv_len << " head_dim " << problem.head_dim << " " << peak.reason);
    CHECK(peak.bytes.value_or(0) == 0);
  }
}
