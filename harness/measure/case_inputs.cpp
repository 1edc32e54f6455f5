// Fills the inputs of a case from its file, or like a model's.
#include "measure/case_inputs.h"

#include "measure/model_like.h"
#include "npz/qkv.h"
#include "record/axes.h"
#include "record/inputs.h"
#include "registry/sha256.h"

namespace attnbench::measure {
namespace {

void require_same_file(const record::InputSource& source) {
  const std::string now = registry::sha256_of_file(source.path);
  if (now.empty()) throw InputError(source.path + ": cannot be read");
  if (now != source.sha256)
    throw InputError(source.path + ": changed since the run began: its sha256 was " +
                     source.sha256 + ", now " + now);
}

}  // namespace

void fill_inputs(const record::Case& plan, uint64_t seed, InputSet& inputs) {
  if (record::axis_named("inputs").is_standard(plan)) return;
  if (!plan.input_source)
    throw InputError("nothing says where the inputs '" + plan.inputs + "' come from");
  const record::InputSource& source = *plan.input_source;
  const InputSet::Writable to = inputs.writable();
  if (!source.is_file())
    return fill_model_like(plan.problem, seed, source.model_like, to.q.data, to.k.data, to.v.data);
  require_same_file(source);
  try {
    npz::read_qkv(source.path, source.layer, plan.problem, to.q.data, to.k.data, to.v.data);
  } catch (const npz::NpzError& e) {
    throw InputError(e.what());
  }
}

}  // namespace attnbench::measure
