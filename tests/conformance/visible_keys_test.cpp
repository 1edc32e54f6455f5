// Counts that follow from visible_keys, compared with loops over every pair of query and key.
#include <functional>
#include <set>

#include "catch.h"
#include "conformance/trial.h"
#include "plan/plan.h"

using namespace attnbench;
using conformance::Trial;

namespace {

constexpr int kTrials = 200;

/// Calls `check` on random problems that the variant supports; fails if there are none.
void for_each_trial(const registry::Entry& entry, const std::function<void(const Trial&)>& check) {
  conformance::Rng rng(5);
  int supported = 0;
  for (int i = 0; i < kTrials; ++i) {
    const Trial trial = conformance::random_trial(entry, rng);
    if (!entry.variant->supports(trial.call()).ok()) continue;
    ++supported;
    INFO(conformance::describe(entry, trial));
    check(trial);
  }
  CHECK(supported > 0);
}

/// The keys that one query should see, by a definition that shares nothing with the variant.
std::vector<int64_t> keys_by_definition(
    const Trial& trial, int64_t query,
    const std::function<bool(const Trial&, int64_t position, int64_t key)>& sees) {
  const Problem& p = trial.problem;
  const int64_t position = query + (p.kv_len - p.q_len);
  std::vector<int64_t> keys;
  for (int64_t j = 0; j < p.kv_len; ++j)
    if ((!p.causal || j <= position) && sees(trial, position, j)) keys.push_back(j);
  return keys;
}

std::vector<int64_t> keys_stated(const Exact& variant, const Call& call, int64_t query) {
  std::vector<int64_t> keys;
  for (const KeySpan& span : registry::visible_keys(variant, call, query))
    for (int64_t j = span.begin; j < span.end; j += span.step) keys.push_back(j);
  return keys;
}

void check_definition(
    const char* name,
    const std::function<bool(const Trial&, int64_t position, int64_t key)>& sees) {
  const registry::Catalogue catalogue = registry::built_in();
  const registry::Entry* entry = catalogue.find(name);
  REQUIRE(entry != nullptr);
  for_each_trial(*entry, [&](const Trial& trial) {
    bool same = true;
    for (int64_t i = 0; i < trial.problem.q_len; ++i)
      same = same && keys_stated(*entry->variant->exact(), trial.call(), i) ==
                         keys_by_definition(trial, i, sees);
    CHECK(same);
  });
}

bool in_window(const Trial& trial, int64_t position, int64_t key) {
  const int64_t left = trial.params[0], right = trial.params[1];
  const bool far_left = left != -1 && position - key > left;
  const bool far_right = right != -1 && key - position > right;
  return !far_left && !far_right;
}

}  // namespace

TEST_CASE("Full and blocked attention see every key that causality allows") {
  const auto every_key = [](const Trial&, int64_t, int64_t) { return true; };
  for (const char* name : {"full", "blocked", "online", "chunked"})
    check_definition(name, every_key);
}

TEST_CASE("A window reaches from left before to right after its position, -1 without limit") {
  for (const char* name : {"window", "full_masked_window"}) check_definition(name, in_window);
}

TEST_CASE("Sinks and global tokens add only themselves to a window") {
  check_definition("sink_window", [](const Trial& trial, int64_t position, int64_t key) {
    const int64_t left = trial.params[0];
    const bool recent = key <= position && (left == -1 || position - key <= left);
    return recent || key < trial.params[1];
  });
  check_definition("global_local", [](const Trial& trial, int64_t position, int64_t key) {
    const int64_t globals = trial.params[2];
    return key < globals || (position >= 0 && position < globals) ||
           in_window(trial, position, key);
  });
}

TEST_CASE("Dilated and strided attention see keys of the residue of their position") {
  check_definition("dilated", [](const Trial& trial, int64_t position, int64_t key) {
    const int64_t distance = key - position, step = trial.params[2];
    return distance % step == 0 && distance / step >= -trial.params[0] &&
           distance / step <= trial.params[1];
  });
  check_definition("strided", [](const Trial& trial, int64_t position, int64_t key) {
    int64_t stride = trial.params[0];
    while (trial.params[0] == 0 && stride * stride < trial.problem.kv_len) ++stride;
    return (key - position) % stride == 0 || std::abs(key - position) <= stride;
  });
}

TEST_CASE("Every query sees the prefix, and the keys up to its position") {
  check_definition("prefix_lm", [](const Trial& trial, int64_t position, int64_t key) {
    return key < trial.params[0] || key <= position;
  });
}

TEST_CASE("A token sees its own document among given lengths, of which some may be 0") {
  const registry::Catalogue catalogue = registry::built_in();
  const registry::Entry& document = *catalogue.find("document");
  int behind_empty = 0;
  for_each_trial(document, [&](const Trial& trial) {
    if (trial.list.empty()) return;
    std::vector<int64_t> document_of;  // The document of each token.
    for (size_t i = 0; i < trial.list.size(); ++i) {
      const int64_t rest = trial.problem.kv_len - static_cast<int64_t>(document_of.size());
      if (trial.list[i] == 0 && rest > 0) ++behind_empty;
      document_of.insert(document_of.end(), static_cast<size_t>(std::min(trial.list[i], rest)),
                         static_cast<int64_t>(i));
    }
    const auto sees = [&](const Trial&, int64_t position, int64_t key) {
      return position >= 0 &&
             document_of[static_cast<size_t>(position)] == document_of[static_cast<size_t>(key)];
    };
    bool same = true;
    for (int64_t i = 0; i < trial.problem.q_len; ++i)
      same = same && keys_stated(*document.variant->exact(), trial.call(), i) ==
                         keys_by_definition(trial, i, sees);
    CHECK(same);
  });
  CHECK(behind_empty > 10);
}

TEST_CASE("For every exact variant, a plan counts the work that a loop over all pairs counts") {
  const registry::Catalogue catalogue = registry::built_in();
  for (const registry::Entry& entry : catalogue.entries()) {
    const Exact* const exact = entry.variant->exact();
    if (exact == nullptr) continue;
    DYNAMIC_SECTION(entry.name()) {
      for_each_trial(entry, [&](const Trial& trial) {
        int64_t pairs = 0;
        std::set<int64_t> distinct;
        for (int64_t i = 0; i < trial.problem.q_len; ++i) {
          const auto keys = keys_stated(*exact, trial.call(), i);
          pairs += static_cast<int64_t>(keys.size());
          distinct.insert(keys.begin(), keys.end());
        }
        const plan::Work work = plan::count_work(*exact, trial.call());
        CHECK(work.pairs == pairs);
        CHECK(work.distinct_keys == static_cast<int64_t>(distinct.size()));
      });
    }
  }
}
