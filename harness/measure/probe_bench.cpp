// Owns what calls of a probe need.
#include "measure/probe_bench.h"

#include <algorithm>

#include "measure/check_output.h"
#include "measure/number_stream.h"
#include "registry/registry.h"

namespace attnbench::measure {

ProbeBench::ProbeBench(const Variant& variant, const Call& call, uint64_t seed)
    : variant_(variant),
      call_(call),
      inputs_(call.problem, seed, InputStyle::kNormal, record::Pages::kHuge,
              registry::extra_inputs(variant, call)),
      out_(static_cast<size_t>(output_bytes(call.problem))),
      workspace_(static_cast<size_t>(variant.workspace_bytes(call).value())) {}

void ProbeBench::draw(uint64_t seed) {
  inputs_.fill(seed, InputStyle::kNormal);
}

void ProbeBench::swap_token(InputSet& others, int64_t position) {
  const Problem& p = problem();
  const InputSet::Writable own = inputs_.writable(), other = others.writable();
  const auto swap = [&](float* a, float* b) { std::swap_ranges(a, a + p.head_dim, b); };
  const int64_t query = position - (p.kv_len - p.q_len);
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t h = 0; query >= 0 && h < p.heads; ++h)
      swap(own.q.row(b, h, query), other.q.row(b, h, query));
    for (int64_t g = 0; g < p.kv_heads; ++g) {
      swap(own.k.row(b, g, position), other.k.row(b, g, position));
      swap(own.v.row(b, g, position), other.v.row(b, g, position));
    }
  }
}

void ProbeBench::shuffle_tokens(int64_t count, uint64_t seed) {
  const Problem& p = problem();
  const InputSet::Writable own = inputs_.writable();
  const NumberStream numbers(seed, 0);
  const int64_t last = p.kv_len - 1;
  for (int64_t i = 1; i < count; ++i) {  // Fisher and Yates, from the last token backwards.
    const int64_t a = last - 1 - i;
    const int64_t b =
        last - 1 - static_cast<int64_t>(numbers.word(i) % static_cast<uint64_t>(i + 1));
    if (a == b) continue;
    for (int64_t batch = 0; batch < p.batch; ++batch)
      for (int64_t g = 0; g < p.kv_heads; ++g)
        for (const auto& rows : {own.k, own.v})
          std::swap_ranges(rows.row(batch, g, a), rows.row(batch, g, a) + p.head_dim,
                           rows.row(batch, g, b));
  }
}

LastRows ProbeBench::last_rows() {
  const Problem& p = problem();
  const Tensor<float> out = output_tensor(p, out_);
  poison(out);
  variant_.forward(call_, inputs_.view(), out, {workspace_.data(), workspace_.size()});
  if (const std::string wrong = first_not_finite(out); !wrong.empty())
    throw NoProbe("on the probe's inputs, " + wrong);
  LastRows rows;
  for (int64_t b = 0; b < p.batch; ++b)
    for (int64_t h = 0; h < p.heads; ++h) {
      const float* const row = out.row(b, h, p.q_len - 1);
      rows.insert(rows.end(), row, row + p.head_dim);
    }
  return rows;
}

float* ProbeBench::q_row(int64_t batch, int64_t head, int64_t query) {
  return inputs_.writable().q.row(batch, head, query);
}
float* ProbeBench::k_row(int64_t batch, int64_t kv_head, int64_t position) {
  return inputs_.writable().k.row(batch, kv_head, position);
}
float* ProbeBench::v_row(int64_t batch, int64_t kv_head, int64_t position) {
  return inputs_.writable().v.row(batch, kv_head, position);
}

}  // namespace attnbench::measure
