// The longest path of patterns whose answer is known, and of random ones by another method.
#include "plan/path.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "catch.h"
#include "fakes.h"
#include "record/record.h"

namespace attnbench::plan {
namespace {

using Spans = std::vector<KeySpan>;

/// Sees what a function says, within the sequence and, if the call is causal, up to the query.
class Pattern final : public Exact {
 public:
  using Keys = std::function<Spans(int64_t query, int64_t n)>;
  explicit Pattern(Keys keys) : keys_(std::move(keys)) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    ++calls;
    const int64_t n = call.problem.kv_len, most = call.problem.causal ? query + 1 : n;
    for (KeySpan span : keys_(query, n)) {
      span.end = std::min(span.end, most);
      if (span.begin < 0) span.begin += (-span.begin + span.step - 1) / span.step * span.step;
      if (span.begin < span.end) keys.add(span);
    }
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}

  mutable int64_t calls = 0;

 private:
  Keys keys_;
};

/// "3", or why there is no number.
std::string path_of(const Pattern& pattern, int64_t n, bool causal) {
  Call call;
  call.problem.q_len = call.problem.kv_len = n;
  call.problem.causal = causal;
  const Path path = longest_path(pattern, call);
  CHECK(path.layers.has_value() == path.reason.empty());
  return path.layers ? std::to_string(*path.layers) : path.reason;
}

Pattern window(int64_t left, int64_t right) {
  return Pattern([=](int64_t i, int64_t) { return Spans{{i - left, i + right + 1, 1}}; });
}

TEST_CASE("Full attention connects any two positions in one layer") {
  const Pattern full([](int64_t, int64_t n) { return Spans{{0, n, 1}}; });
  for (const bool causal : {false, true}) {
    CHECK(path_of(full, 1, causal) == "0");
    CHECK(path_of(full, 2, causal) == "1");
    CHECK(path_of(full, 1000, causal) == "1");
  }
}

TEST_CASE("A window takes as many layers as it fits into the sequence, rounded up") {
  CHECK(path_of(window(256, 0), 1025, true) == "4");
  CHECK(path_of(window(256, 0), 1026, true) == "5");
  CHECK(path_of(window(1, 0), 100, true) == "99");
  CHECK(path_of(window(256, 256), 1025, false) == "4");
  CHECK(path_of(window(100, 10), 1001, false) == "100");  // The first query looks ahead by 10.
  CHECK(path_of(window(10, 100), 1001, false) == "100");
}

TEST_CASE("A query that no layers connect with some position has a path of never") {
  CHECK(path_of(window(0, 0), 2, true) == "never");
  CHECK(path_of(window(256, 0), 1024, false) == "never");  // The first query sees itself alone.
  const Pattern documents([](int64_t i, int64_t) { return Spans{{i / 8 * 8, i / 8 * 8 + 8, 1}}; });
  CHECK(path_of(documents, 8, true) == "1");
  CHECK(path_of(documents, 16, true) == "never");
  documents.calls = 0;
  CHECK(path_of(documents, 1 << 20, true) == "never");
  CHECK(documents.calls <= 8);  // Those of the last document.
  const Pattern even([](int64_t i, int64_t) { return Spans{{i - 8, i + 1, 2}}; });
  CHECK(path_of(even, 100, true) == "never");  // Odd positions see odd ones.
}

TEST_CASE("A path of never comes with a position that does not reach the end in question") {
  const auto gap_of = [](const Pattern& pattern, int64_t n, bool causal) {
    Call call;
    call.problem.q_len = call.problem.kv_len = n;
    call.problem.causal = causal;
    return longest_path(pattern, call).gap;
  };
  CHECK(gap_of(window(0, 0), 2, true) == "position 0 does not reach the last query");
  CHECK(gap_of(window(1, 0), 9, true).empty());
  const Pattern prefix([](int64_t i, int64_t) {
    return Spans{{0, std::max<int64_t>(i + 1, 4), 1}};
  });
  CHECK(gap_of(prefix, 9, false) == "position 4 does not reach the first query");
  const Pattern even([](int64_t i, int64_t) { return Spans{{i - 8, i + 1, 2}}; });
  CHECK(gap_of(even, 100, true) == "position 0 does not reach the last query");
}

TEST_CASE("Strides, sinks and global tokens shorten the path") {
  const Pattern strided([](int64_t i, int64_t) {
    return Spans{{i % 32, i - 31, 32}, {i - 31, i + 1, 1}};
  });
  CHECK(path_of(strided, 1024, true) == "2");
  const Pattern global([](int64_t i, int64_t n) {
    return i == 0 ? Spans{{0, n, 1}} : Spans{{0, 1, 1}, {i - 1, i + 2, 1}};
  });
  CHECK(path_of(global, 1000, false) == "2");
  // A sink sees nothing but itself, so that it is no short cut.
  const Pattern sink([](int64_t i, int64_t) { return Spans{{0, 1, 1}, {i - 9, i + 1, 1}}; });
  CHECK(path_of(sink, 1000, true) == "111");
}

TEST_CASE("Each position is expanded once for each end") {
  const Pattern near = window(4, 4);
  CHECK(path_of(near, 10001, false) == "2500");
  CHECK(near.calls <= 2 * 10001);
}

/// The layers by multiplication of sets: what the source has heard of, one layer after another.
std::string layers_by_sets(const Pattern& pattern, int64_t n, bool causal, int64_t source) {
  Call call;
  call.problem.q_len = call.problem.kv_len = n;
  call.problem.causal = causal;
  std::vector<bool> heard(static_cast<size_t>(n));
  heard[static_cast<size_t>(source)] = true;
  for (int64_t layers = 0;; ++layers) {
    if (std::count(heard.begin(), heard.end(), true) == n) return std::to_string(layers);
    std::vector<bool> more = heard;
    for (int64_t i = 0; i < n; ++i) {
      if (!heard[static_cast<size_t>(i)]) continue;
      for (const KeySpan& span : registry::visible_keys(pattern, call, i))
        for (int64_t key = span.begin; key < span.end; key += span.step)
          more[static_cast<size_t>(key)] = true;
    }
    if (more == heard) return record::kNever;
    heard = more;
  }
}

TEST_CASE("Random patterns of mixed steps have the path that sets of positions give") {
  int never = 0, most = 0;
  for (uint32_t seed = 0; seed < 400; ++seed) {
    const auto n = static_cast<int64_t>(1 + seed % 60);
    const Pattern pattern([seed](int64_t i, int64_t length) {
      std::mt19937 random(seed * 1000 + static_cast<uint32_t>(i));
      Spans spans;
      if (random() % 4 > 0) spans.push_back({i - 2, i + 2, 1});
      int64_t from = 0;
      while (from < length && spans.size() < 1 + seed % 3) {
        const auto begin = from + static_cast<int64_t>(random() % 30);
        const auto end = begin + 1 + static_cast<int64_t>(random() % 12);
        const auto step = static_cast<int64_t>(1 + random() % (1 + seed % 7));
        if (end > length) break;
        spans.push_back({begin, end, step});
        from = end;
      }
      return spans;
    });
    const bool causal = seed % 2 == 0;
    const std::string last = layers_by_sets(pattern, n, causal, n - 1);
    const std::string first = causal ? last : layers_by_sets(pattern, n, causal, 0);
    const bool none = last == record::kNever || first == record::kNever;
    const int worst = none ? 0 : std::max(std::stoi(first), std::stoi(last));
    CAPTURE(seed, n, causal);
    CHECK(path_of(pattern, n, causal) == (none ? record::kNever : std::to_string(worst)));
    never += none;
    most = std::max(most, worst);
  }
  CHECK(never > 50);
  CHECK(never < 350);
  CHECK(most > 3);
}

TEST_CASE("A path that has no meaning or takes too long has a reason instead of a number") {
  const Pattern full([](int64_t, int64_t n) { return Spans{{0, n, 1}}; });
  Call call;
  call.problem.q_len = 1;
  call.problem.kv_len = 8;
  CHECK(longest_path(full, call).reason == "it is counted for q_len = seq_len only");
  CHECK(path_of(full, (1 << 24) + 1, true) == "it is counted for up to 2^24 positions only");
  // Each query sees every second key, in steps of another length.
  const Pattern costly([](int64_t i, int64_t n) {
    Spans spans{{i - 1, i, 1}};
    for (int64_t step = 1009; step < 1009 + 64; ++step) spans.push_back({step % n, n, step});
    return spans;
  });
  CHECK(path_of(costly, 1 << 20, true) == "it takes too long to count");
}

}  // namespace
}  // namespace attnbench::plan
