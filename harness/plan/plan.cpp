// Config x registry to a list of cases.
#include "plan/plan.h"

#include <algorithm>
#include <map>

#include "config/variations.h"
#include "plan/footprint.h"
#include "plan/path.h"
#include "record/axes.h"
#include "record/format.h"
#include "registry/list_digest.h"

namespace attnbench::plan {
namespace {

using record::Axis;
using record::AxisGroup;

/// Counting the work of a skipped case with more queries would take too long for a plan.
constexpr int64_t kMostQueriesOfSkipped = int64_t{1} << 24;

/// Makes the cases of one variation. It remembers counts of work, as most axes do not change them.
class CaseMaker {
 public:
  /// `projections` does the products around attention; null if no variant does.
  CaseMaker(const config::Variation& variation, const registry::Entry* projections,
            int64_t memory_limit_bytes)
      : variation_(variation), projections_(projections), memory_limit_bytes_(memory_limit_bytes) {}

  const Variant& variant() const { return *variation_.entry->variant; }
  Call call(const record::Case& c) const {
    return {c.problem, variation_.params.data(), c.threads, registry::view(variation_.list.get())};
  }

  Calls calls(const record::Case& c) const {
    const bool around = has_projections(c) && projections_ != nullptr;
    return {variant(), around ? projections_->variant : nullptr, c.pass};
  }

  /// `c` holds a value for each axis.
  record::Case make(record::Case c) {
    c.variant = variation_.entry->name();
    c.label = variation_.label;
    c.kind = registry::kind_name(variation_.entry->info->kind);
    c.params = variation_.named_params();
    c.list = variation_.list;
    c.reason = refusal(c);
    if (c.reason.empty() && has_projections(c)) c.reason = refusal_of_projections(call(c));
    if (c.reason.empty() && c.input_source) c.reason = shortage(*c.input_source, c.problem);
    if (c.reason.empty()) account(c);
    if (!c.reason.empty()) c.outcome = record::Outcome::kSkipped;
    return c;
  }

 private:
  /// Why the call can't be done at all; empty if it can.
  std::string refusal(const record::Case& c) const {
    const Problem& p = c.problem;
    if (p.heads % p.kv_heads != 0)
      return "heads (" + std::to_string(p.heads) + ") is not a multiple of kv_heads (" +
             std::to_string(p.kv_heads) + ")";
    if (c.smooth_k && p.kv_dtype == Type::kF32)
      return "k is f32: nothing of it is rounded that smooth_k could help";
    if (c.smooth_k && p.softcap != 0)
      return "with softcap, attention would not stay the same under smooth_k";
    return plan::refusal(calls(c), call(c));
  }

  bool has_projections(const record::Case& c) const {
    return c.projections && registry::has_projections(*variation_.entry);
  }

  /// Why the call can't have projections around it; empty if it can.
  std::string refusal_of_projections(const Call& call) const {
    if (projections_ == nullptr || projections_->variant->inexact() == nullptr)
      return "no variant with a cost of its own is called '" + std::string(registry::kProjections) +
             "'";
    const std::string reason = registry::refusal(*projections_->variant, call);
    return reason.empty() ? reason : "its projections: " + reason;
  }

  /// Why the file does not hold the inputs of the problem; empty if it does.
  static std::string shortage(const record::InputSource& source, const Problem& p) {
    if (!source.is_file()) return {};
    if (p.kv_len > source.len)
      return source.text() + " holds " + record::plural(source.len, "token") +
             ", fewer than seq_len = " + std::to_string(p.kv_len);
    if (p.q_len > p.kv_len)
      return "q_len (" + std::to_string(p.q_len) + ") is above seq_len (" +
             std::to_string(p.kv_len) + "), and " + source.text() +
             " has no queries from before its first key";
    return {};
  }

  void account(record::Case& c) {
    const Problem& p = c.problem;
    const Call asked = call(c);
    const Footprint need = footprint(calls(c), asked);
    c.input_bytes = need.input_bytes.value();
    c.output_bytes = need.output_bytes.value();
    c.workspace_bytes = need.workspace_bytes.value();
    c.saved_bytes = need.saved_bytes.value();
    c.reason = declared_theory(asked, c.pass, c.theory);
    if (c.reason.empty()) c.reason = memory_reason(need, memory_limit_bytes_);
    if (!c.reason.empty() && p.q_len > kMostQueriesOfSkipped) return;

    if (variant().inexact() != nullptr)
      state_cost(asked, c);
    else
      count_pairs(c);
    if (has_projections(c)) add_projections(asked, c);
    if (c.reason.empty() && Count(c.flops).saturated())
      c.reason = "needs " + record::format_count(static_cast<double>(c.flops)) +
                 "FLOP, more than can be counted";
  }

  /// Sets `theory` to what the variant declares; says why not if the declaration has a fault.
  std::string declared_theory(const Call& asked, record::Pass pass, record::Theory& theory) const {
    const Theory declared = record::trains(pass)
                                ? variant().differentiable()->training_theory(asked)
                                : variant().theory(asked);
    const std::string fault = record::theory_fault(declared);
    if (!fault.empty()) return "its declared theory is at fault: " + fault;
    theory = record::recorded(declared);
    return {};
  }

  /// What a variant that is not exact says of itself.
  void state_cost(const Call& asked, record::Case& c) const {
    Cost cost = variant().inexact()->cost(asked);
    if (record::trains(c.pass)) {
      const Cost backward = variant().differentiable()->defines_gradients()->backward_cost(asked);
      cost = c.pass == record::Pass::kBoth ? sum(cost, backward) : backward;
    }
    c.flops = cost.flops.value();
    c.traffic_bytes = cost.traffic_bytes.value();
    c.steps = cost.steps.value();
    state_path(cost.path.saturated() ? std::nullopt : std::optional(cost.path.value()),
               record::kNever, c);
  }

  /// Of one pass after the other.
  static Cost sum(const Cost& a, const Cost& b) {
    return {a.flops + b.flops, a.traffic_bytes + b.traffic_bytes, a.steps + b.steps, a.path};
  }

  /// A path is that of forward: gradients take the same one back.
  static void state_path(const std::optional<int64_t>& layers, const std::string& reason,
                         record::Case& c) {
    if (c.pass == record::Pass::kBackward)
      c.path_reason = "counted for the forward pass";
    else if (layers)
      c.path = layers;
    else
      c.path_reason = reason;
  }

  /// What follows from visible_keys.
  void count_pairs(record::Case& c) {
    const Problem& p = c.problem;
    const bool forward = c.pass != record::Pass::kBackward, backward = record::trains(c.pass);
    const auto& [work, path] = counted(c);
    const Count pairs = count(p.batch, p.heads, work.pairs);
    const Count queries = count(p.batch, p.heads, p.q_len);
    const Count keys = count(p.batch, p.kv_heads, work.distinct_keys);
    const Count all_keys = count(p.batch, p.kv_heads, p.kv_len);
    const Count forward_bytes = count(2, queries, row_bytes(p.dtype, p.head_dim)) +
                                count(2, keys, row_bytes(p.kv_dtype, p.head_dim));
    const Count backward_rows = count(3, queries) + count(2, keys + all_keys);
    const Count backward_bytes = count(backward_rows, p.head_dim, sizeof(float));
    c.pairs = pairs.value();
    c.flops = count((forward ? 4 : 0) + (backward ? 10 : 0), p.head_dim, pairs).value();
    c.traffic_bytes =
        ((forward ? forward_bytes : Count()) + (backward ? backward_bytes : Count())).value();
    c.steps = c.pass == record::Pass::kBoth ? 2 : 1;  // All rows at once, whatever the pattern.
    state_path(path.layers, path.reason, c);
  }

  /// Adds the projections' operations and traffic, and to the theory a term for them, in proportion
  /// to their part of the operations.
  void add_projections(const Call& asked, record::Case& c) const {
    const Variant& projections = *projections_->variant;
    const Cost cost = projections.inexact()->cost(asked);
    const auto n = static_cast<double>(c.seq_len());
    const auto with = [&](record::Growth& growth, int64_t alone, Count more, double power) {
      growth = record::with_more(growth, n, static_cast<double>(alone),
                                 static_cast<double>(more.value()), power, "projections");
    };
    const Count scratch = projections.workspace_bytes(asked);
    with(c.theory.time, c.flops, cost.flops, c.q_len_follows ? 1 : 0);
    with(c.theory.memory, c.workspace_bytes - scratch.value(), scratch, 0);
    c.flops = (Count(c.flops) + cost.flops).value();
    c.traffic_bytes = (Count(c.traffic_bytes) + cost.traffic_bytes).value();
  }

  struct Counted {
    Work work;
    Path path;
  };

  const Counted& counted(const record::Case& c) {
    const auto [it, is_new] = counted_.try_emplace(values_of(c, record::changes_keys));
    const Exact& exact = *variant().exact();
    if (is_new) it->second = {count_work(exact, call(c)), longest_path(exact, call(c))};
    return it->second;
  }

  const config::Variation& variation_;
  const registry::Entry* projections_;
  const int64_t memory_limit_bytes_;
  std::map<std::vector<record::AxisValue>, Counted> counted_;
};

/// The cartesian product of `all` and the values of one more axis, which runs fastest.
void cross(std::vector<record::Case>& all, const Axis& axis, const config::AxisValues& values) {
  std::vector<record::Case> product;
  for (const record::Case& c : all)
    for (const record::AxisValue& value : values) axis.set(product.emplace_back(c), value);
  all = std::move(product);
}

/// One case for each series. It has a value for each axis but seq_len.
std::vector<record::Case> expand_series(const config::Sweep& sweep) {
  std::vector<record::Case> all(1);
  all.front().q_len_follows = sweep["q_len"].empty();
  for (const AxisGroup group : {AxisGroup::kProblem, AxisGroup::kRun, AxisGroup::kLength})
    for (const Axis& axis : record::axes())
      if (axis.group == group && axis.in_series && !sweep[axis].empty())
        cross(all, axis, sweep[axis]);
  return all;
}

/// The case of a series at one length.
record::Case case_at(const record::Case& series, const record::AxisValue& length,
                     const config::Sweep& sweep) {
  record::Case c = series;
  record::axis_named("seq_len").set(c, length);
  for (const Axis& axis : record::axes())
    if (axis.follows != nullptr && sweep[axis].empty())
      axis.set(c, record::axis_named(axis.follows).get(c));
  c.input_source = sweep.input_source(c.inputs);
  return c;
}

}  // namespace

Plan make_plan(const config::Config& config, const registry::Catalogue& catalogue,
               int64_t memory_limit_bytes) {
  config::AxisValues lengths = config.sweep["seq_len"];
  std::sort(lengths.begin(), lengths.end());
  const std::vector<record::Case> series = expand_series(config.sweep);

  Plan plan;
  for (const config::Variation& variation : config::expand_variants(config, catalogue)) {
    CaseMaker maker(variation, catalogue.find(registry::kProjections), memory_limit_bytes);
    for (const record::Case& common : series) {
      const auto first = static_cast<int>(plan.cases.size());
      bool possible = false;
      for (const record::AxisValue& length : lengths) {
        record::Case& c =
            plan.cases.emplace_back(maker.make(case_at(common, length, config.sweep)));
        c.id = static_cast<int>(plan.cases.size()) - 1;
        // A call that the variant refuses declares no bytes.
        possible = possible || c.input_bytes > 0;
      }
      const record::Case& last = plan.cases.back();
      if (!possible) continue;
      record::LargestFit& fit = plan.largest_fits.emplace_back();
      fit.series = first;
      fit.seq_len =
          largest_fit(maker.calls(last), maker.call(last), last.q_len_follows, memory_limit_bytes);
      // Of a length that the variant refuses, "none fits" would blame the memory.
      if (last.input_bytes > 0)
        fit.batch = largest_batch(maker.calls(last), maker.call(last), memory_limit_bytes);
    }
  }
  return plan;
}

void restore_from_config(const config::Config& config, std::vector<record::CaseRecord>& cases) {
  for (record::CaseRecord& c : cases)
    c.plan.input_source = config.sweep.input_source(c.plan.inputs);
  for (const config::VariantSpec& spec : config.variants) {
    if (!spec.list) continue;
    const std::pair<std::string, int64_t> given(spec.list_name, registry::list_digest(*spec.list));
    for (record::CaseRecord& c : cases) {
      const auto& params = c.plan.params;
      if (c.plan.variant == spec.variant &&
          std::find(params.begin(), params.end(), given) != params.end())
        c.plan.list = spec.list;
    }
  }
}

}  // namespace attnbench::plan
