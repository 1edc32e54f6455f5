// The catalogue: what it refuses and how it finds. Also the keys of a span.
#include "registry/registry.h"

#include <limits>

#include "catch.h"

using namespace attnbench;
using registry::Catalogue;
using registry::Entry;
using registry::RegistryError;

namespace {

/// Sees every key before the query, and every third key after it.
class Stub : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    keys.add({0, query, 1});
    keys.add({query, call.problem.kv_len, 3});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
};

const Stub kStub;

Info info_named(const char* name) {
  return {name, "A summary.", Kind::kExact, "A paper."};
}

/// The error with which the catalogue refuses these; fails if it accepts them.
std::string refusal(const std::vector<Entry>& entries) {
  try {
    const Catalogue catalogue(entries);
  } catch (const RegistryError& e) {
    return e.what();
  }
  FAIL("nothing was refused");
  return {};
}

std::string refusal(const Info& info) {
  return refusal({Entry{&info, &kStub}});
}

std::string refusal(const Param& param) {
  Info info = info_named("stub");
  info.params = &param;
  info.param_count = 1;
  return refusal(info);
}

}  // namespace

TEST_CASE("A kind that the class does not bear out is refused") {
  Info info = info_named("stub");
  for (const Kind kind : {Kind::kApproximate, Kind::kBaseline}) {
    info.kind = kind;
    CHECK(refusal(info) ==
          "variant 'stub': its kind is exact if its class derives from Exact, and only then");
  }
}

TEST_CASE("Variants are listed in alphabetical order, whatever order they registered in") {
  const Info a = info_named("alpha"), b = info_named("beta"), b2 = info_named("beta2");
  const Catalogue catalogue({{&b2, &kStub}, {&a, &kStub}, {&b, &kStub}});
  REQUIRE(catalogue.entries().size() == 3);
  CHECK(catalogue.entries()[0].name() == "alpha");
  CHECK(catalogue.entries()[1].name() == "beta");
  CHECK(catalogue.entries()[2].name() == "beta2");
}

TEST_CASE("A variant is found only by its whole name") {
  const Info a = info_named("alpha"), b = info_named("beta");
  const Catalogue catalogue({{&b, &kStub}, {&a, &kStub}});
  REQUIRE(catalogue.find("beta") != nullptr);
  CHECK(catalogue.find("beta")->info == &b);
  for (const char* absent : {"", "bet", "betaa", "Beta", "a", "zeta"})
    CHECK(catalogue.find(absent) == nullptr);
  CHECK(Catalogue({}).find("beta") == nullptr);
}

TEST_CASE("Two variants with one name are refused, and the error has that name") {
  const Info a = info_named("alpha"), b = info_named("beta"), twin = info_named("beta");
  CHECK(refusal({{&b, &kStub}, {&a, &kStub}, {&twin, &kStub}}) ==
        "two variants are registered as 'beta': one in this program, one in this program");
  CHECK(refusal({{&b, &kStub}, {&twin, &kStub, "/a/lib.so"}}) ==
        "two variants are registered as 'beta': one in this program, one in plugin /a/lib.so");
}

TEST_CASE("A variant without info, object or name is refused") {
  const Info nameless = info_named(nullptr), a = info_named("alpha");
  const std::string expected = "a variant is registered without info, object or name";
  CHECK(refusal({{nullptr, &kStub}}) == expected);
  CHECK(refusal({{&a, nullptr}}) == expected);
  CHECK(refusal({{&nameless, &kStub}}) == expected);
}

TEST_CASE("A name that is not snake_case is refused, and quoted") {
  for (const char* name :
       {"", "Full", "2full", "_full", "full-attention", "full attention", "voll\xC3\xA4"})
    CHECK(refusal(info_named(name)) == "variant '" + std::string(name) + "': a name is snake_case");
}

TEST_CASE("A variant needs a summary and a source") {
  Info info = info_named("stub");
  info.summary = nullptr;
  CHECK(refusal(info) == "variant 'stub': needs a summary");
  info.summary = "";
  CHECK(refusal(info) == "variant 'stub': needs a summary");
  info = info_named("stub");
  info.source = "";
  CHECK(refusal(info) == "variant 'stub': needs a source");
}

TEST_CASE("A declared input without a name is refused, whatever stands before it") {
  ExtraInput gate{"gate", 1, 1, 1, 1}, nameless{nullptr, 1, 1, 1, 1};
  const std::string refused = "declares an input whose name is not snake_case";
  CHECK(registry::malformed({gate}).empty());
  CHECK(registry::malformed({gate, nameless}) == refused);
  CHECK(registry::malformed({nameless, gate}) == refused);
  CHECK(registry::malformed({gate, gate}) == "declares the input 'gate' twice");
}

TEST_CASE("The bytes of declared inputs are summed up, and saturate") {
  CHECK(registry::bytes_of({}) == Count());
  CHECK(registry::bytes_of({{"gate", 2, 3, 5, 7}, {"bias", 1, 1, 1, 1}}) == count(4, 211));
  const int64_t many = int64_t{1} << 60;
  CHECK(registry::bytes_of({{"gate", many, 1, 1, 1}, {"bias", many, 1, 1, 1}}).saturated());
}

TEST_CASE("A malformed param is refused, and the error names variant and param") {
  CHECK(refusal(Param{nullptr, 1, 0, 2, "doc"}) == "variant 'stub': a param's name is snake_case");
  CHECK(refusal(Param{"Left", 1, 0, 2, "doc"}) == "variant 'stub': a param's name is snake_case");
  CHECK(refusal(Param{"left", 1, 0, 2, ""}) == "variant 'stub': param 'left' needs a doc line");
  for (const Param& param : {Param{"left", 3, 0, 2, "doc"}, Param{"left", -1, 0, 2, "doc"}})
    CHECK(refusal(param) == "variant 'stub': param 'left' needs min <= default <= max");
}

TEST_CASE("A list param has no default, and a variant has at most one list") {
  CHECK(refusal(Param{"mask", 1, 0, 1, "doc", true}) ==
        "variant 'stub': param 'mask' is a list: min <= max, default 0");
  CHECK(refusal(Param{"mask", 0, 2, 1, "doc", true}) ==
        "variant 'stub': param 'mask' is a list: min <= max, default 0");
  const Param params[] = {{"mask", 0, 0, 1, "doc", true}, {"ends", 0, 1, 2, "doc", true}};
  Info info = info_named("stub");
  info.params = params;
  info.param_count = 2;
  CHECK(refusal(info) == "variant 'stub': has more than one param that is a list");
  CHECK(refusal(Param{"mask", 0, 0, 1, "Doc.", false, true}) ==
        "variant 'stub': param 'mask' is square, but is not a list");
}

TEST_CASE("A param that is declared twice is refused") {
  const Param params[] = {{"left", 1, 0, 2, "doc"}, {"left", 1, 0, 2, "doc"}};
  Info info = info_named("stub");
  info.params = params;
  info.param_count = 2;
  CHECK(refusal(info) == "variant 'stub': param 'left' is declared twice");
}

TEST_CASE("The spans of a query come in the order in which they were added") {
  Call call;
  call.problem.kv_len = 9;
  const auto spans = registry::visible_keys(kStub, call, 4);
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].begin == 0);
  CHECK(spans[0].end == 4);
  CHECK(spans[1].begin == 4);
  CHECK(spans[1].end == 9);
  CHECK(spans[1].step == 3);
}

TEST_CASE("The count of the keys of a span equals that of a loop over them") {
  for (int64_t begin = 0; begin < 4; ++begin)
    for (int64_t end = 0; end < 12; ++end)
      for (int64_t step = 1; step < 6; ++step) {
        int64_t looped = 0;
        for (int64_t key = begin; key < end; key += step) ++looped;
        INFO("[" << begin << ", " << end << ") step " << step);
        CHECK(registry::key_count({begin, end, step}) == looped);
      }
}

TEST_CASE("Keys are malformed if a span is, or if a query of a causal problem sees a later one") {
  Problem p;
  p.q_len = 4;
  p.kv_len = 10;
  const auto wrong = [&](std::vector<KeySpan> spans) {
    return registry::malformed_keys(p, 2, spans);
  };
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  CHECK(wrong({}).empty());
  CHECK(wrong({{0, 10, 1}}).empty());
  CHECK(wrong({{0, 3, kMost}, {3, 10, kMost}}).empty());
  CHECK(wrong({{0, 4, 0}}) == "[0, 4) step 0 has a step below 1");
  CHECK(wrong({{-1, 4, 1}}) == "[-1, 4) step 1 leaves [0, kv_len)");
  CHECK(wrong({{0, 11, 1}}) == "[0, 11) step 1 leaves [0, kv_len)");
  CHECK(wrong({{3, 3, 1}}) == "[3, 3) step 1 is empty");
  CHECK(wrong({{0, 4, 1}, {3, 5, 1}}) == "[3, 5) step 1 begins before the span ahead of it ends");
  p.causal = true;  // Query 2 stands at position 8.
  CHECK(wrong({{0, 9, 1}}).empty());
  CHECK(wrong({{0, 10, 4}}).empty());
  CHECK(wrong({{0, 10, 1}}) == "key 9 is ahead of position 8");
  CHECK(wrong({{0, 10, 3}}) == "key 9 is ahead of position 8");
  p.q_len = 20;  // It stands 8 before the first key.
  CHECK(wrong({{3, 10, 2}}) == "key 3 is ahead of position -8");
}

TEST_CASE("Every kind has the name that records use") {
  CHECK(registry::kind_name(Kind::kExact) == "exact");
  CHECK(registry::kind_name(Kind::kApproximate) == "approximate");
  CHECK(registry::kind_name(Kind::kBaseline) == "baseline");
}
