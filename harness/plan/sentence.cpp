// Scales params to a sentence and asks variants what they then see of it.
#include "plan/sentence.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "plan/pattern.h"
#include "plan/pictures.h"
#include "record/axes.h"

namespace attnbench::plan {
namespace {

using record::Case;

constexpr int kMostHalvings = 63;
constexpr int64_t kLargestPercentage = 100;
constexpr double kHiddenShare = 0.2;

/// Without the lengths: the sentence decides these.
bool changes_keys_but_lengths(const record::Axis& axis) {
  return axis.changes_keys && axis.group != record::AxisGroup::kLength;
}

bool is_length(const Param& param, int64_t value, int64_t keys,
               const std::vector<std::string>& kept) {
  const std::string name = param.name;
  return value > keys / 4 && !param.is_list && param.max > kLargestPercentage && name != "seed" &&
         std::find(kept.begin(), kept.end(), name) == kept.end();
}

double hidden_pairs(const Exact& variant, const Call& call) {
  const std::string visible = visible_pairs(variant, call);
  return record::allowed_pairs(call.problem) -
         static_cast<double>(std::count(visible.begin(), visible.end(), '1'));
}

bool sees_all(const Case& c) {
  const Problem& p = c.problem;
  return static_cast<double>(c.pairs) >=
         static_cast<double>(p.batch) * static_cast<double>(p.heads) * record::allowed_pairs(p);
}

/// A case's variant with its params, and a call of the sentence's length.
struct View {
  const Case* c;
  const registry::Entry* entry;
  std::vector<int64_t> params;

  Call call(int64_t tokens) const {
    Call call{c->problem, params.data(), c->threads, registry::view(c->list.get())};
    call.problem.q_len = call.problem.kv_len = tokens;
    return call;
  }
};

std::vector<View> views_of(const std::vector<record::CaseRecord>& cases,
                           const registry::Catalogue& catalogue) {
  const auto key = [](const Case& c) {
    return std::tuple(c.variant, c.label, c.params, values_of(c, changes_keys_but_lengths));
  };
  const auto exact = [](const Case& c) { return c.kind == registry::kind_name(Kind::kExact); };
  std::vector<View> views;
  for (const int id : longest_of_each(cases, key, exact)) {
    const Case& c = cases[static_cast<size_t>(id)].plan;
    const registry::Entry* const entry = catalogue.find(c.variant);
    views.push_back({&c, entry, registry::param_values(*entry, c.params)});
  }
  return views;
}

/// Those params of a view whose value is another one than in the sweep.
std::vector<std::pair<std::string, int64_t>> changed(const View& view,
                                                     const std::vector<int64_t>& params) {
  std::vector<std::pair<std::string, int64_t>> named;
  for (size_t i = 0; i < params.size(); ++i)
    if (params[i] != view.params[i]) named.emplace_back(view.entry->params()[i].name, params[i]);
  return named;
}

}  // namespace

std::vector<int64_t> halved_params(const registry::Entry& entry, const Call& call, int times,
                                   const std::vector<std::string>& kept) {
  std::vector<int64_t> params;
  for (const Param& param : entry.params()) {
    const int64_t value = call.params[params.size()];
    const bool halve = times > 0 && is_length(param, value, call.problem.kv_len, kept);
    params.push_back(halve ? std::max({value >> times, param.min, int64_t{1}}) : value);
  }
  return params;
}

int halvings(const registry::Entry& entry, const Call& call, const std::vector<std::string>& kept) {
  const double wanted = kHiddenShare * record::allowed_pairs(call.problem);
  int best = 0;
  double most_hidden = 0;
  std::vector<int64_t> before;
  for (int times = 0; times <= kMostHalvings; ++times) {
    const std::vector<int64_t> params = halved_params(entry, call, times, kept);
    if (times > 1 && params == before) break;
    Call scaled = call;
    scaled.params = params.data();
    before = params;
    if (!registry::refusal(*entry.variant, scaled).empty()) continue;
    const double hidden = hidden_pairs(*entry.variant->exact(), scaled);
    if (hidden >= wanted) return times;
    if (hidden > most_hidden) {
      most_hidden = hidden;
      best = times;
    }
  }
  return best;
}

record::Sentence view_sentence(const std::vector<std::string>& tokens,
                               const std::vector<record::CaseRecord>& cases,
                               const registry::Catalogue& catalogue) {
  const auto length = static_cast<int64_t>(tokens.size());
  const std::vector<View> views = views_of(cases, catalogue);
  std::map<std::string, int> times;
  for (const View& view : views)
    if (!sees_all(*view.c)) {
      int& most = times[view.c->variant];
      most = std::max(most, halvings(*view.entry, view.call(length)));
    }

  record::Sentence sentence{tokens, {}};
  for (const View& view : views) {
    Call call = view.call(length);
    const int halve = sees_all(*view.c) ? 0 : times[view.c->variant];
    const std::vector<int64_t> params = halved_params(*view.entry, call, halve);
    call.params = params.data();
    if (registry::refusal(*view.entry->variant, call).empty())
      sentence.views.push_back(
          {view.c->id, visible_pairs(*view.entry->variant->exact(), call), changed(view, params)});
  }
  return sentence;
}

}  // namespace attnbench::plan
