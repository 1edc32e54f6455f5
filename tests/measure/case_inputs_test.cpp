// The inputs of a case: the file's numbers reach the variant, and no other file is measured.
#include "measure/case_inputs.h"

#include <filesystem>

#include "catch.h"
#include "npz_file.h"
#include "record/inputs.h"
#include "record/model_like.h"
#include "registry/sha256.h"
#include "temporary_folder.h"

using namespace attnbench;
using namespace attnbench::measure;

namespace {

/// Of the file that `small_qkv` makes of 4 tokens.
record::Case case_of(const std::string& path) {
  auto source = std::make_shared<record::InputSource>();
  source->path = path;
  source->sha256 = registry::sha256_of_file(path);
  record::Case c;
  c.problem = {.batch = 2, .heads = 4, .kv_heads = 2, .q_len = 1, .kv_len = 3, .head_dim = 3};
  c.inputs = "qkv.npz";
  c.input_source = source;
  return c;
}

}  // namespace

TEST_CASE("The numbers of a file replace the normal ones, which stay if the inputs are normal") {
  const test::TemporaryFolder folder("case_inputs_test");
  record::Case c = case_of(folder.write("qkv.npz", test::small_qkv(4).text()));
  InputSet inputs(c.problem, 1);
  const float normal = *inputs.view().q.row(1, 3, 0);
  fill_inputs(c, 1, inputs);
  CHECK(*inputs.view().q.row(1, 3, 0) == 1000 + (7 * 4 + 2) * 3);
  CHECK(*inputs.view().k.row(1, 1, 2) == 2000 + (3 * 4 + 2) * 3);
  CHECK(*inputs.view().v.row(0, 1, 0) == 3000 + 4 * 3);
  c.inputs = "normal";
  InputSet untouched(c.problem, 1);
  fill_inputs(c, 1, untouched);
  CHECK(*untouched.view().q.row(1, 3, 0) == normal);
}

TEST_CASE("Inputs like a model's follow from the seed and the params of the case") {
  auto source = std::make_shared<record::InputSource>();
  for (const record::InputParam& param : record::kModelLikeParams)
    source->model_like.push_back(param.value);
  record::Case c;
  c.problem = {.batch = 1, .heads = 2, .kv_heads = 1, .q_len = 9, .kv_len = 9, .head_dim = 64};
  c.inputs = "model_like";
  c.input_source = source;
  const auto key = [&](uint64_t seed) {
    InputSet inputs(c.problem, seed);
    fill_inputs(c, seed, inputs);
    return *inputs.view().k.row(0, 0, 5);
  };
  const float usual = key(1);
  CHECK(key(1) == usual);
  CHECK(key(2) != usual);
  source->model_like[record::kKeyMean] = 0.1;
  CHECK(key(1) != usual);
}

TEST_CASE("A file that changed, is gone or was never named is not measured") {
  const test::TemporaryFolder folder("case_inputs_test");
  const std::string path = folder.write("qkv.npz", test::small_qkv(4).text());
  record::Case c = case_of(path);
  InputSet inputs(c.problem, 1);
  folder.write("qkv.npz", test::small_qkv(5).text());
  CHECK_THROWS_WITH(fill_inputs(c, 1, inputs),
                    ContainsSubstring(path + ": changed since the run began: its sha256 was " +
                                      c.input_source->sha256 + ", now "));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(fill_inputs(c, 1, inputs), path + ": cannot be read");
  c.input_source = nullptr;
  CHECK_THROWS_WITH(fill_inputs(c, 1, inputs), "nothing says where the inputs 'qkv.npz' come from");
  folder.write("qkv.npz", test::small_qkv(4).text());
  c = case_of(path);
  c.problem.heads = 2;
  InputSet narrow(c.problem, 1);
  CHECK_THROWS_AS(fill_inputs(c, 1, narrow), InputError);
}
