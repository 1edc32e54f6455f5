// The families of patterns: which keys a query sees, in cases where a definition could be read in
// two ways.
#include "catch.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// A '#' for each key that the query sees, a '.' for each that it does not.
std::string picture(const char* name, std::vector<int64_t> params, int64_t query, int64_t kv_len,
                    bool causal = false, int64_t q_len = 0, const std::vector<int64_t>& list = {}) {
  const Call call{{1, 1, 1, q_len == 0 ? kv_len : q_len, kv_len, 8, causal},
                  params.data(),
                  1,
                  registry::view(&list)};
  std::string keys(static_cast<size_t>(kv_len), '.');
  for (const KeySpan& span : registry::visible_keys(variant_named(name), call, query)) {
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      keys[static_cast<size_t>(key)] = '#';
    }
  }
  return keys;
}

/// The pictures of all queries of self-attention.
std::vector<std::string> pictures(const char* name, const std::vector<int64_t>& params, int64_t n,
                                  bool causal = false, const std::vector<int64_t>& list = {}) {
  std::vector<std::string> rows;
  for (int64_t query = 0; query < n; ++query) {
    rows.push_back(picture(name, params, query, n, causal, n, list));
  }
  return rows;
}

}  // namespace

TEST_CASE("Global tokens see every key and are seen by every query") {
  CHECK(pictures("global_local", {1, 0, 2}, 6) ==
        std::vector<std::string>{"######", "######", "###...", "####..", "##.##.", "##..##"});
  CHECK(pictures("global_local", {1, 0, 2}, 6, true) ==
        std::vector<std::string>{"#.....", "##....", "###...", "####..", "##.##.", "##..##"});
}

TEST_CASE(
    "A dilated window holds the query's own position, and its sides count keys, not distances") {
  CHECK(picture("dilated", {2, 1, 3}, 7, 12) == ".#..#..#..#.");
  CHECK(picture("dilated", {2, 1, 3}, 8, 12) == "..#..#..#..#");
  CHECK(picture("dilated", {9, 0, 3}, 4, 12) == ".#..#.......");
  CHECK(picture("dilated", {2, 2, 2}, 6, 12, true) == "..#.#.#.....");
  CHECK(picture("dilated", {1, 2, 1}, 6, 12) == ".....####...");
}

TEST_CASE(
    "Far keys stand a stride apart, counted from the query's position, beyond a near block of that "
    "length") {
  CHECK(picture("strided", {3}, 10, 12, true) == ".#..#..####.");
  CHECK(picture("strided", {3}, 11, 12, true) == "..#..#..####");
  CHECK(picture("strided", {3}, 4, 14) == ".#######..#..#");
  CHECK(picture("strided", {0}, 8, 9, true) == "..#..####");  // the square root of 9
}

TEST_CASE("Every query sees the sinks, and the window does not look ahead") {
  CHECK(picture("sink_window", {2, 2}, 7, 10) == "##...###..");
  CHECK(picture("sink_window", {2, 2}, 3, 10) == "####......");
  CHECK(picture("sink_window", {2, 2}, 0, 10) == "##........");
  CHECK(picture("sink_window", {2, 2}, 0, 10, true) == "#.........");
}

TEST_CASE("Every query sees the prefix; beyond it attention is causal") {
  CHECK(pictures("prefix_lm", {3}, 5) ==
        std::vector<std::string>{"###..", "###..", "###..", "####.", "#####"});
}

TEST_CASE("A prefix under causal is refused with a reason") {
  const int64_t params[] = {3};
  const Exact& prefix_lm = variant_named("prefix_lm");
  CHECK(std::string(prefix_lm.supports({{1, 1, 1, 5, 5, 8, true}, params, 1}).reason)
            .find("causal") != std::string::npos);
  CHECK(prefix_lm.supports({{1, 1, 1, 5, 5, 8, false}, params, 1}).ok());
}

TEST_CASE("Documents of a fixed length end at its multiples") {
  CHECK(pictures("document", {2, 0}, 5) ==
        std::vector<std::string>{"##...", "##...", "..##.", "..##.", "....#"});
  CHECK(picture("document", {4, 0}, 6, 8, true) == "....###.");
  CHECK(picture("document", {4, 0}, 0, 8, false, 2) == "....####");  // the query at key 6
}

TEST_CASE("Documents of random lengths have the mean length that is asked for") {
  constexpr int64_t n = 4000, length = 20;
  const std::vector<std::string> rows = pictures("document", {length, 3}, n);
  int64_t documents = 1;
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i][i] == '#');
    const bool begins = i > 0 && rows[i] != rows[i - 1];
    if (!begins) continue;
    ++documents;
    CHECK(rows[i].find('#') == i);  // where one ends the next one begins
  }
  CHECK(documents == Approx(n / length).margin(1));
  CHECK(pictures("document", {length, 3}, 100) == pictures("document", {length, 3}, 100));
  CHECK(pictures("document", {length, 3}, 100) != pictures("document", {length, 4}, 100));
}

TEST_CASE("Big Bird sees its window, the global blocks, and as many random blocks as it says") {
  constexpr int64_t block = 4, blocks = 20, n = block * blocks;
  const std::vector<int64_t> params{block, 1, 2, 3, 7};
  const std::vector<std::string> rows = pictures("bigbird", params, n);
  const auto sees = [&](int64_t row, int64_t column) {
    return rows[static_cast<size_t>(row * block)][static_cast<size_t>(column * block)] == '#';
  };
  for (int64_t row = 0; row < blocks; ++row) {
    int64_t seen = 0;
    for (int64_t column = 0; column < blocks; ++column) {
      seen += sees(row, column) ? 1 : 0;
      if (column < 2 || row < 2 || std::abs(row - column) <= 1) CHECK(sees(row, column));
    }
    const int64_t window = row == 2 ? 2 : row == blocks - 1 ? 2 : 3;
    CHECK(seen == (row < 2 ? blocks : 2 + window + 3));
    for (int64_t i = 1; i < block; ++i) {  // a block's queries see the same
      CHECK(rows[static_cast<size_t>(row * block + i)] == rows[static_cast<size_t>(row * block)]);
    }
  }
  CHECK(rows == pictures("bigbird", params, n));
  CHECK(rows != pictures("bigbird", {block, 1, 2, 3, 8}, n));
}

TEST_CASE("Under causal, Big Bird draws its random blocks from those before its window") {
  for (int64_t query = 0; query < 80; ++query) {
    const std::string keys = picture("bigbird", {4, 1, 2, 3, 7}, query, 80, true);
    const int64_t row = query / 4;
    const int64_t before = std::max<int64_t>(0, row - 3);  // blocks that are free to be drawn
    const int64_t whole =
        std::min<int64_t>(row, 2) + (row > 2 ? 1 : 0) + std::min<int64_t>(3, before);
    INFO(query << " " << keys);
    CHECK(std::count(keys.begin(), keys.end(), '#') == whole * 4 + query % 4 + 1);
  }
}

TEST_CASE("A block mask has the density that it is given, exactly, in every row") {
  for (const int64_t density : {1, 10, 37, 100}) {
    const std::vector<std::string> rows = pictures("block_sparse", {8, density, 5}, 400);
    for (const std::string& row : rows) {
      CHECK(std::count(row.begin(), row.end(), '#') == (50 * density + 99) / 100 * 8);
    }
  }
  CHECK(pictures("block_sparse", {8, 10, 5}, 400) != pictures("block_sparse", {8, 10, 6}, 400));
}

TEST_CASE("A given mask is followed block by block, and a shorter sequence takes its top left") {
  const std::vector<int64_t> mask{1, 0, 1, 0, 0, 0, 1, 1, 0};
  CHECK(pictures("block_sparse", {2, 10, 1, 0}, 6, false, mask) ==
        std::vector<std::string>{"##..##", "##..##", "......", "......", "####..", "####.."});
  CHECK(pictures("block_sparse", {2, 10, 1, 0}, 5, true, mask) ==
        std::vector<std::string>{"#....", "##...", ".....", ".....", "####."});
  CHECK(picture("block_sparse", {2, 10, 1, 0}, 0, 6, false, 8, mask) ==
        "......");  // before all keys
  CHECK(picture("block_sparse", {2, 10, 1, 0}, 0, 6, false, 2, mask) == "####..");  // at key 4
}

TEST_CASE("A mask that is not square or too small is refused with a reason") {
  const auto reason = [](std::vector<int64_t> mask, int64_t n) {
    const int64_t params[] = {2, 10, 1, 0};
    const char* text = variant_named("block_sparse")
                           .supports({{1, 1, 1, n, n, 8, false}, params, 1, registry::view(&mask)})
                           .reason;
    return std::string(text == nullptr ? "" : text);
  };
  CHECK(reason({1, 0, 1, 0}, 4).empty());
  CHECK(reason({1, 0, 1, 0}, 5) == "its mask has fewer blocks than the sequence");
  CHECK(reason({1, 0, 1}, 4) == "its mask is not square");
}

TEST_CASE(
    "Documents of given lengths end where the lengths say, and the last one where the sequence "
    "ends") {
  CHECK(pictures("document", {512, 1, 0}, 6, false, {1, 3, 9}) ==
        std::vector<std::string>{"#.....", ".###..", ".###..", ".###..", "....##", "....##"});
  CHECK(pictures("document", {512, 1, 0}, 4, true, {1, 3}) ==
        std::vector<std::string>{"#...", ".#..", ".##.", ".###"});
  CHECK(picture("document", {512, 1, 0}, 1, 4, false, 2, {1, 3}) == ".###");  // the query at key 3
  CHECK(pictures("document", {512, 1, 0}, 4, true, {0, 1, 0, 0, 3, 0}) ==
        std::vector<std::string>{"#...", ".#..", ".##.", ".###"});  // empty documents
  const int64_t params[] = {512, 1, 0};
  const std::vector<int64_t> lengths{1, 3};
  const Exact& document = variant_named("document");
  const auto supports = [&](int64_t n) {
    return document.supports({{1, 1, 1, n, n, 8, false}, params, 1, registry::view(&lengths)}).ok();
  };
  CHECK(supports(4));
  CHECK_FALSE(supports(5));
}

TEST_CASE("A masked window gives the window's answer and declares all scores") {
  const Problem problem{1, 2, 1, 70, 90, 32, true};
  const Bench masked(variant_named("full_masked_window"), problem, {9, 2});
  const Bench window(variant_named("window"), problem, {9, 2});
  CHECK(window.worst_error(masked.forward(2)) < 5e-6);
  CHECK(variant_named("full_masked_window").workspace_bytes(masked.call(1)) ==
        count(2, 70, 90, sizeof(float)));
}

TEST_CASE("A chunk has sqrt(n) keys, and scratch holds a summary of every chunk for each row") {
  const auto bytes = [](int64_t n) {
    return variant_named("chunked")
        .workspace_bytes({{1, 1, 1, n, n, 30, false}, nullptr, 1})
        .value();
  };
  CHECK(bytes(4096) == 64 * (64 + 64 * 32) * sizeof(float));
  CHECK(bytes(4 * 4096) == 2 * bytes(4096));
}
