// Tests of gradients by differences: they agree with the analytic ones.
#include "measure/gradient_differences.h"

#include <cmath>

#include "catch.h"
#include "measure/check_gradients.h"
#include "measure/gradient_truth.h"
#include "measure/inputs.h"
#include "measure/sampled_rows.h"
#include "trained_variants.h"

namespace attnbench::measure {
namespace {

using test::Trained;

TEST_CASE("Differences of outputs are the gradients, whatever the modifiers and the keys") {
  Trained dilated, window;
  dilated.step = 2;
  window.window = 3;
  for (const Trained& variant : {Trained(), dilated, window})
    for (const Problem& p : {Problem{1, 2, 1, 5, 7, 3, true},
                             {2, 2, 2, 6, 4, 4, true},
                             {1, 2, 1, 4, 6, 5, false, 0.8, 2, true}}) {
      InputSet inputs(p, 7);
      // Floats are half as dense above: one step is rounded, the other is not.
      inputs.writable().q.data[0] = inputs.writable().k.data[0] = std::nextafter(2.0f, 0.0f);
      const Call call{p, nullptr, 1};
      const Inputs in = inputs.view();
      std::vector<float> memory(static_cast<size_t>(in.q.size()));
      const Tensor<float> filled{memory.data(), p.batch, p.heads, p.q_len, p.head_dim};
      fill_d_out(filled, 7);
      const Tensor<const float> d_out{filled.data, p.batch, p.heads, p.q_len, p.head_dim};
      std::vector<double> of[3];
      for (int64_t input = 0; input < 3; ++input)
        of[input] = gradient_by_differences(variant, call, in, d_out, input);
      const auto same = [&](const std::vector<double>& all, int64_t row, const RowTruth& truth) {
        for (size_t d = 0; d < truth.out.size(); ++d)
          CHECK(truth.out[d] ==
                Approx(all[static_cast<size_t>(row * p.head_dim) + d]).epsilon(1e-9).margin(1e-9));
      };
      for (int64_t row = 0; row < p.batch * p.heads * p.q_len; ++row)
        tell_query_gradients(variant, call, in, d_out, {&row, 1},
                             [&](size_t, const RowTruth& truth) { same(of[0], row, truth); });
      for (int64_t head = 0; head < p.batch * p.kv_heads; ++head) {
        std::vector<int64_t> rows;
        const int64_t group = p.heads / p.kv_heads * p.q_len;
        for (int64_t row = head * group; row < (head + 1) * group; ++row) rows.push_back(row);
        for (int64_t key = 0; key < p.kv_len; ++key)
          tell_key_gradients(variant, call, in, d_out, rows, {&key, 1},
                             [&](size_t, const RowTruth& d_k, const RowTruth& d_v) {
                               same(of[1], head * p.kv_len + key, d_k);
                               same(of[2], head * p.kv_len + key, d_v);
                             });
      }
    }
}

}  // namespace
}  // namespace attnbench::measure
