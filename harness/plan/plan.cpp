// Config x registry to a list of cases.
#include "plan/plan.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "config/variations.h"
#include "plan/footprint.h"
#include "plan/saturate.h"
#include "registry/list_digest.h"

namespace attnbench::plan {
namespace {

/// A skipped case beyond this is not counted: that would take longer than its plan is worth.
constexpr int64_t kMostQueriesOfSkipped = int64_t{1} << 24;

/// Makes the cases of one variation, remembering counts: they do not depend on heads, batch or
/// threads.
class CaseMaker {
 public:
  CaseMaker(const config::Variation& variation, int64_t memory_limit_bytes)
      : variation_(variation), memory_limit_bytes_(memory_limit_bytes) {}

  const Variant& variant() const { return *variation_.entry->variant; }
  Call call(const Problem& problem, int threads) const {
    return {problem, variation_.params.data(), threads, registry::view(variation_.list.get())};
  }

  record::Case make(const Problem& problem, bool q_len_follows, int threads) {
    record::Case c;
    c.variant = variation_.entry->name();
    c.label = variation_.label;
    c.kind = registry::kind_name(variation_.entry->info->kind);
    c.params = variation_.named_params();
    c.list = variation_.list;
    c.problem = problem;
    c.q_len_follows = q_len_follows;
    c.threads = threads;
    c.reason = refusal(call(problem, threads));
    if (c.reason.empty()) account(c);
    if (!c.reason.empty()) c.outcome = record::Outcome::kSkipped;
    return c;
  }

 private:
  /// Why the call can't be done at all; empty where it can.
  std::string refusal(const Call& call) const {
    const Problem& p = call.problem;
    if (p.heads % p.kv_heads != 0)
      return "heads (" + std::to_string(p.heads) + ") is not a multiple of kv_heads (" +
             std::to_string(p.kv_heads) + ")";
    const Support support = variant().supports(call);
    return support.ok() ? "" : support.reason;
  }

  void account(record::Case& c) {
    const Problem& p = c.problem;
    const Call asked = call(p, c.threads);
    const Footprint need = footprint(variant(), asked);
    c.input_bytes = need.input_bytes;
    c.output_bytes = need.output_bytes;
    c.workspace_bytes = need.workspace_bytes;
    c.theory = variant().theory(asked);
    c.reason = memory_reason(need, memory_limit_bytes_);
    if (!c.reason.empty() && p.q_len > kMostQueriesOfSkipped) return;

    const Work work = remembered_work(asked);
    constexpr auto kFloatBytes = static_cast<int64_t>(sizeof(float));
    c.pairs = saturating_product({p.batch, p.heads, work.pairs});
    c.flops = saturating_product({4, p.head_dim, c.pairs});
    c.traffic_bytes =
        saturating_sum({saturating_product({2, kFloatBytes, p.batch, p.heads, p.q_len, p.head_dim}),
                        saturating_product({2, kFloatBytes, p.batch, p.kv_heads, work.distinct_keys,
                                            p.head_dim})});
  }

  Work remembered_work(const Call& asked) {
    const Problem& p = asked.problem;
    const auto [it, is_new] = works_.try_emplace({p.q_len, p.kv_len, p.causal});
    if (is_new) it->second = count_work(variant(), asked);
    return it->second;
  }

  const config::Variation& variation_;
  const int64_t memory_limit_bytes_;
  std::map<std::tuple<int64_t, int64_t, bool>, Work> works_;  // by q_len, kv_len, causal
};

/// Everything of a series but its lengths.
struct SeriesAxes {
  Problem problem;
  bool q_len_follows = true;
  int threads = 1;
};

/// `all` with each of them once for every value of one more axis, the new one running fastest.
template <class Values, class Set>
void cross(std::vector<SeriesAxes>& all, const Values& values, const Set& set) {
  std::vector<SeriesAxes> product;
  for (const SeriesAxes& axes : all)
    for (const auto value : values) set(product.emplace_back(axes), value);
  all = std::move(product);
}

std::vector<SeriesAxes> expand_series(const config::Sweep& sweep) {
  std::vector<SeriesAxes> all(1);
  const auto problem_axis = [&](const auto& values, auto Problem::*field) {
    cross(all, values, [&](SeriesAxes& axes, auto value) { axes.problem.*field = value; });
  };
  problem_axis(sweep.batch, &Problem::batch);
  problem_axis(sweep.heads, &Problem::heads);
  if (sweep.kv_heads.empty())
    for (SeriesAxes& axes : all) axes.problem.kv_heads = axes.problem.heads;
  else
    problem_axis(sweep.kv_heads, &Problem::kv_heads);
  problem_axis(sweep.head_dim, &Problem::head_dim);
  problem_axis(sweep.causal, &Problem::causal);
  problem_axis(sweep.scale, &Problem::scale);
  problem_axis(sweep.softcap, &Problem::softcap);
  problem_axis(sweep.alibi, &Problem::alibi);
  cross(all, sweep.threads,
        [](SeriesAxes& axes, int64_t threads) { axes.threads = static_cast<int>(threads); });
  if (sweep.q_len.empty()) return all;
  problem_axis(sweep.q_len, &Problem::q_len);
  for (SeriesAxes& axes : all) axes.q_len_follows = false;
  return all;
}

}  // namespace

Plan make_plan(const config::Config& config, const registry::Catalogue& catalogue,
               int64_t memory_limit_bytes) {
  std::vector<int64_t> lengths = config.sweep.seq_len;
  std::sort(lengths.begin(), lengths.end());
  const std::vector<SeriesAxes> series = expand_series(config.sweep);

  Plan plan;
  for (const config::Variation& variation : config::expand_variants(config, catalogue)) {
    CaseMaker maker(variation, memory_limit_bytes);
    for (const SeriesAxes& axes : series) {
      const auto first = static_cast<int>(plan.cases.size());
      bool possible = false;
      Problem problem = axes.problem;
      for (const int64_t length : lengths) {
        problem.kv_len = length;
        if (axes.q_len_follows) problem.q_len = length;
        record::Case& c =
            plan.cases.emplace_back(maker.make(problem, axes.q_len_follows, axes.threads));
        c.id = static_cast<int>(plan.cases.size()) - 1;
        possible = possible || c.input_bytes > 0;  // a refused call declares nothing
      }
      if (possible)
        plan.largest_fits.push_back(
            {first, largest_fit(maker.variant(), maker.call(problem, axes.threads),
                                axes.q_len_follows, memory_limit_bytes)});
    }
  }
  return plan;
}

void restore_lists(const config::Config& config, std::vector<record::CaseRecord>& cases) {
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
