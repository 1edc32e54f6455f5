// Reads npz files that hold q, k and v: right ones of each form, and a table of wrong ones.
#include "npz/qkv.h"

#include <cmath>
#include <filesystem>
#include <limits>

#include "catch.h"
#include "npz_file.h"
#include "temporary_folder.h"

using namespace attnbench;
using namespace attnbench::npz;
using test::Npz;

namespace {

const test::TemporaryFolder& folder() {
  static const test::TemporaryFolder shared("npz_test");
  return shared;
}

/// What is wrong with a file of these bytes, without the path before it.
std::string wrong(const std::string& bytes, const std::string& layer = "") {
  const std::string path = folder().write("wrong.npz", bytes);
  try {
    check_qkv(path, layer);
  } catch (const NpzError& e) {
    const std::string what = e.what();
    REQUIRE(what.starts_with(path + ": "));
    return what.substr(path.size() + 2);
  }
  return "nothing";
}

/// A right file but for its array q.
std::string with_q(const std::string& q) {
  return Npz()
      .add("q", q)
      .add("k", test::counting_npy({1, 1, 2, 2}, 0))
      .add("v", test::counting_npy({1, 1, 2, 2}, 0))
      .text();
}

std::string wrong_header(const std::string& header) {
  return wrong(with_q(test::npy(header, std::string(16, '\0'))));
}

struct Read {
  std::vector<float> q, k, v;
};

Read read(const std::string& bytes, const Problem& p, const std::string& layer = "") {
  const std::string path = folder().write("read.npz", bytes);
  Read read;
  read.q.resize(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim));
  read.k.resize(static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim));
  read.v.resize(read.k.size());
  read_qkv(path, layer, p, read.q.data(), read.k.data(), read.v.data());
  return read;
}

Problem problem(int64_t q_len, int64_t kv_len) {
  return {.batch = 2, .heads = 4, .kv_heads = 2, .q_len = q_len, .kv_len = kv_len, .head_dim = 3};
}

}  // namespace

TEST_CASE("A file of q, k and v has the shape of its arrays, stored or deflated") {
  for (const auto packing : {Npz::Packing::kStored, Npz::Packing::kDeflated}) {
    const QkvShape shape =
        check_qkv(folder().write("a.npz", test::small_qkv(5, "", packing).text()), "");
    CHECK(shape.batch == 2);
    CHECK(shape.heads == 4);
    CHECK(shape.kv_heads == 2);
    CHECK(shape.len == 5);
    CHECK(shape.head_dim == 3);
  }
}

TEST_CASE("Keys are the first of the file, and queries stand at the last of their positions") {
  constexpr int64_t kTokens = 5;
  for (const auto packing : {Npz::Packing::kStored, Npz::Packing::kDeflated})
    for (const auto& [q_len, kv_len] : {std::pair{5, 5}, {3, 3}, {1, 4}, {2, 5}}) {
      const Problem p = problem(q_len, kv_len);
      const Read got = read(test::small_qkv(kTokens, "", packing).text(), p);
      const auto element = [](int64_t head, int64_t token, int64_t dim) {
        return static_cast<float>((head * kTokens + token) * 3 + dim);
      };
      size_t at = 0;
      for (int64_t head = 0; head < p.batch * p.heads; ++head)
        for (int64_t i = 0; i < q_len; ++i)
          for (int64_t d = 0; d < 3; ++d, ++at)
            REQUIRE(got.q[at] == 1000 + element(head, kv_len - q_len + i, d));
      at = 0;
      for (int64_t head = 0; head < p.batch * p.kv_heads; ++head)
        for (int64_t j = 0; j < kv_len; ++j)
          for (int64_t d = 0; d < 3; ++d, ++at) {
            REQUIRE(got.k[at] == 2000 + element(head, j, d));
            REQUIRE(got.v[at] == 3000 + element(head, j, d));
          }
    }
}

TEST_CASE("A layer's arrays are taken by its name") {
  Npz two = test::small_qkv(2, "layer9/");
  two.add("layer14/q", test::counting_npy({1, 1, 1, 1}, 7));
  two.add("layer14/k", test::counting_npy({1, 1, 1, 1}, 8));
  two.add("layer14/v", test::counting_npy({1, 1, 1, 1}, 9));
  const Problem one{.head_dim = 1};
  const Read got = read(two.text(), one, "layer14");
  CHECK(got.q[0] == 7);
  CHECK(got.k[0] == 8);
  CHECK(got.v[0] == 9);
  CHECK(read(two.text(), problem(2, 2), "layer9").q[0] == 1000);
  CHECK(wrong(two.text()) ==
        "has no array 'q'; it holds layer9/q, layer9/k, layer9/v, layer14/q, layer14/k, "
        "layer14/v; \"layer\": \"L\" takes L/q, L/k and L/v");
  CHECK_THAT(wrong(two.text(), "layer3"),
             ContainsSubstring("has no array 'layer3/q'; it holds layer9/q"));
}

TEST_CASE("float16 is widened exactly, subnormal numbers too") {
  const std::vector<uint16_t> halves{0x0000, 0x8000, 0x3C00, 0xBC00, 0x0001, 0x83FF,
                                     0x0400, 0x7BFF, 0x3555, 0xFBFF, 0x0200, 0x5640};
  const std::vector<float> values{0,        -0.0f, 1,          -1,     0x1p-24f, -0x3FFp-24f,
                                  0x1p-14f, 65504, 0x555p-12f, -65504, 0x1p-15f, 100};
  std::string data(halves.size() * 2, '\0');
  std::memcpy(data.data(), halves.data(), data.size());
  const std::vector<int64_t> shape{1, 1, 2, 6};
  const std::string array = test::npy(test::npy_header("<f2", shape), data);
  const Read got = read(Npz().add("q", array).add("k", array).add("v", array).text(),
                        {.q_len = 2, .kv_len = 2, .head_dim = 6});
  CHECK(got.k == values);
  CHECK(std::signbit(got.k[1]));
}

TEST_CASE("A value that is not finite is named with its array and place") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values(24, 1);
    values[17] = bad;  // Of [1, 2, 4, 3]: head 1, token 1, dim 2.
    const std::string good = test::counting_npy({1, 2, 4, 3}, 0);
    const std::string what = std::string("holds ") + (std::isnan(bad) ? "a NaN" : "an infinity") +
                             " at [0, 1, 1, 2]; all values must be finite";
    const std::string array = test::float_npy({1, 2, 4, 3}, values);
    CHECK(wrong(Npz().add("q", good).add("k", good).add("v", array).text()) ==
          "its array 'v' " + what);
    CHECK(wrong(Npz().add("q", array).add("k", good).add("v", good).text()) ==
          "its array 'q' " + what);
  }
}

TEST_CASE("Shapes that do not fit each other are told") {
  const auto shapes = [](std::vector<int64_t> q, std::vector<int64_t> k, std::vector<int64_t> v) {
    return wrong(Npz()
                     .add("q", test::counting_npy(q, 0))
                     .add("k", test::counting_npy(k, 0))
                     .add("v", test::counting_npy(v, 0))
                     .text());
  };
  CHECK(shapes({1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}) == "nothing");
  CHECK(shapes({2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}) ==
        "its array 'q' has the shape [2, 3, 4]; expected four dims: [batch, heads, tokens, "
        "head_dim]");
  CHECK(shapes({1, 2, 3, 4}, {1, 2, 3, 4}, {1, 1, 3, 4}) ==
        "k has the shape [1, 2, 3, 4] and v has the shape [1, 1, 3, 4]; they must be alike");
  const std::string heads_only = "; they may differ in the number of heads only";
  CHECK(shapes({2, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}) ==
        "q has the shape [2, 2, 3, 4] and k has the shape [1, 2, 3, 4]" + heads_only);
  CHECK_THAT(shapes({1, 2, 2, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}), ContainsSubstring(heads_only));
  CHECK_THAT(shapes({1, 2, 3, 5}, {1, 2, 3, 4}, {1, 2, 3, 4}), ContainsSubstring(heads_only));
  CHECK_THAT(shapes({1, 3, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}),
             ContainsSubstring("the heads of q (3) must be a multiple of those of k (2)"));
}

TEST_CASE("A small file that claims rows of 4 GiB is refused before any is read") {
  // Deflated members state a size that their few bytes need not have.
  constexpr int64_t kColumns = (int64_t{1} << 30) - 64;
  Npz claiming;
  for (const char* name : {"q", "k", "v"})
    claiming.add(name, test::npy(test::npy_header("<f4", {1, 1, 1, kColumns}), ""),
                 Npz::Packing::kDeflated);
  std::string text = claiming.text();
  for (size_t at = 0; (at = text.find("PK\x01\x02", at)) != std::string::npos; ++at)
    text.replace(at + 24, 4, test::little_endian(128 + 4 * kColumns, 4));
  CHECK(text.size() < 1000);
  CHECK(wrong(text) ==
        "its array 'q' has the shape [1, 1, 1, 1073741760]; head_dim, its last, is "
        "at most 512");
}

TEST_CASE("An array of another type, order or form is refused, with what would be right") {
  const std::string types =
      "; float32 and float16, little-endian, are read: .astype(numpy.float32)";
  for (const char* type : {"<f8", ">f4", "|i1", "<U3"})
    CHECK(wrong_header(test::npy_header(type, {1, 1, 2, 2})) ==
          "its array 'q.npy' has the type '" + std::string(type) + "'" + types);
  CHECK(wrong_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }") ==
        "its array 'q.npy' has a type of several fields; give float32 or float16");
  CHECK_THAT(wrong_header(test::npy_header("<f4", {1, 1, 2, 2}, true)),
             ContainsSubstring("is in Fortran's order; numpy.ascontiguousarray"));
  CHECK_THAT(wrong_header(test::npy_header("<f4", {1, 1, 2, 3})),
             ContainsSubstring("has 16 bytes, which its shape [1, 1, 2, 3] does not take"));
  CHECK_THAT(wrong_header(test::npy_header("<f4", {1, 0, 2, 2})),
             ContainsSubstring("which holds nothing"));
  CHECK_THAT(wrong_header(test::npy_header("<f4", {-1, -1, 2, 2})),
             ContainsSubstring("holds nothing"));
  CHECK_THAT(wrong_header(test::npy_header("<f4", {int64_t{1} << 62, 1, 2, 2})),
             ContainsSubstring("does not take"));
  for (const char* header :
       {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1, 1, 2, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 2), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, x, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9, 9, 9, 9, 9, 9, 9, 9, 9)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 99999999999999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 2)} + 1", "{'descr': '<f4}"}) {
    INFO(header);
    CHECK(wrong_header(header) == "its array 'q.npy' has a malformed npy header");
  }
  CHECK(wrong(with_q("short")) == "its array 'q.npy' is no npy array");
  CHECK(wrong(with_q(std::string(100, 'x'))) == "its array 'q.npy' is no npy array");
  CHECK(wrong(with_q("\x93NUMPY\x09" + std::string(30, '\0'))) ==
        "its array 'q.npy' has npy version 9; versions 1 to 3 are read");
}

TEST_CASE("Headers of the npy versions 2 and 3 have a longer length") {
  const std::string one = test::counting_npy({1, 1, 2, 2}, 1);
  for (const char version : {'\2', '\3'}) {
    std::string array = one;
    array[6] = version;
    array.insert(10, 2, '\0');
    CHECK(wrong(with_q(array)) == "nothing");
  }
}

TEST_CASE("A file that is not there, no file, empty, cut off or damaged is refused") {
  const auto of_path = [](const std::string& path) -> std::string {
    try {
      check_qkv(path, "");
    } catch (const NpzError& e) {
      return e.what();
    }
    return {};
  };
  CHECK(of_path(folder().path("none.npz")) ==
        folder().path("none.npz") + ": there is no such file");
  std::filesystem::create_directories(folder().path("folder.npz"));
  CHECK(of_path(folder().path("folder.npz")) ==
        folder().path("folder.npz") + ": is a folder; expected an npz file");
  CHECK(of_path("/dev/zero") == "/dev/zero: is not a regular file");

  const std::string good = test::small_qkv(2).text();
  REQUIRE(wrong(good) == "nothing");
  CHECK_THAT(wrong(""), ContainsSubstring("is no npz file, or it is cut off"));
  CHECK_THAT(wrong("q,k,v\n"), ContainsSubstring("is no npz file, or it is cut off"));
  CHECK_THAT(wrong(test::counting_npy({1, 1, 1, 1}, 0)),
             ContainsSubstring("holds one array, not an archive of several; numpy.savez(FILE"));
  CHECK_THAT(wrong(test::counting_npy({1, 1, 100, 200}, 0)),  // More than the 64 KiB at its end.
             ContainsSubstring("holds one array, not an archive of several"));
  for (size_t size = 0; size < good.size(); ++size) {
    INFO(size);
    REQUIRE(wrong(good.substr(0, size)) != "nothing");
  }
  std::string damaged = good;
  damaged[good.find("PK\x03\x04", 4) - 1] ^= 1;  // The last byte of q.
  CHECK(wrong(damaged) == "its member 'q.npy' is damaged: its checksum is another");
  CHECK_THAT(wrong(test::small_qkv(2).add("k", "").text()),
             ContainsSubstring("holds the array 'k' twice"));
}

TEST_CASE("A member that is encrypted, packed in another way or of zip's 64-bit form is refused") {
  const auto with = [](size_t offset, const std::string& bytes) {
    std::string text = test::small_qkv(2).text();
    text.replace(text.find("PK\x01\x02") + offset, bytes.size(), bytes);
    return wrong(text);
  };
  CHECK_THAT(with(8, "\x01"), ContainsSubstring("its member 'q.npy' is encrypted"));
  CHECK_THAT(with(10, "\x0C"), ContainsSubstring("is packed by method 12, not stored or deflated"));
  CHECK_THAT(with(24, "\xFF\xFF\xFF\xFF"), ContainsSubstring("is in zip's 64-bit form"));
  CHECK_THAT(with(20, "\x07"), ContainsSubstring("has two sizes"));
  CHECK_THAT(with(42, "\x01"), ContainsSubstring("does not begin with a zip header"));
  CHECK_THAT(with(42, "\xF0\xFF\xFF\x7F"), ContainsSubstring("lies beyond the end of the file"));
  CHECK_THAT(with(10, "\x08"), ContainsSubstring("is damaged: it does not unpack"));
  CHECK_THAT(with(28, "\xFF\xFF"), ContainsSubstring("has a damaged zip directory"));
}

TEST_CASE("Inputs of another problem than the file's are not read") {
  const std::string file = test::small_qkv(4).text();
  CHECK_NOTHROW(read(file, problem(4, 4)));
  CHECK_THROWS_WITH(read(file, problem(5, 5)),
                    ContainsSubstring("does not hold the inputs of this case"));
  CHECK_THROWS_AS(read(file, problem(4, 3)), NpzError);
  for (const auto member :
       {&Problem::batch, &Problem::heads, &Problem::kv_heads, &Problem::head_dim}) {
    Problem other = problem(2, 2);
    other.*member = 1;
    CHECK_THROWS_AS(read(file, other), NpzError);
  }
}
