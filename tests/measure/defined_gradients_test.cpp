// Tests of the check of gradients that a variant defines.
#include "catch.h"
#include "measure/check_gradients.h"
#include "measure/gradient_differences.h"
#include "measure/inputs.h"
#include "measure/replicas.h"
#include "registry/registry.h"
#include "trained_recurrence.h"

namespace attnbench::measure::test {
namespace {

Problem problem_of(int64_t n, int64_t batch = 2) {
  Problem p;
  p.batch = batch;
  p.heads = p.kv_heads = 2;
  p.q_len = p.kv_len = n;
  p.head_dim = 8;
  return p;
}

/// A backward call, whose gradients tests may spoil.
struct Trial {
  Problem problem;
  const TrainedLeakySum& variant;
  Call call{problem, nullptr, 1};
  InputSet inputs;
  std::vector<float> d_out, d_q, d_k, d_v, d_decay;
  Tensor<float> extra[2];

  Trial(const TrainedLeakySum& v, const Problem& p)
      : problem(p),
        variant(v),
        inputs(p, 3, InputStyle::kNormal, record::Pages::kSmall, registry::extra_inputs(v, call)),
        d_out(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim)),
        d_q(d_out),
        d_k(d_out),
        d_v(d_out),
        d_decay(static_cast<size_t>(p.heads)),
        extra{{}, {v.is_learned ? d_decay.data() : nullptr, 1, p.heads, 1, 1}} {
    fill_d_out(of(d_out), 3);
    run();
  }
  void run() {
    poison(gradients());
    variant.backward(call, inputs.view(), {}, {}, d_out_tensor(), gradients(), {});
  }
  Tensor<float> of(std::vector<float>& x) const {
    return {x.data(), problem.batch, problem.heads, problem.q_len, problem.head_dim};
  }
  Tensor<const float> d_out_tensor() const {
    return {d_out.data(), problem.batch, problem.heads, problem.q_len, problem.head_dim};
  }
  Gradients gradients() { return {of(d_q), of(d_k), of(d_v), extra, 2}; }
  Verdict judge(int64_t max_rows = 1 << 20) {
    const Gradients g = gradients();
    const Inputs in = inputs.view();
    return check_gradients({variant, call, in, d_out_tensor(), g}, max_rows, 1);
  }
};

bool begins(const Verdict& verdict, const char* text) {
  return !verdict.ok && verdict.reason.starts_with(text);
}

}  // namespace

TEST_CASE("Gradients that a variant defines are judged by that, those of learned inputs, too") {
  const TrainedLeakySum variant;
  Trial trial(variant, problem_of(200));
  const Verdict verdict = trial.judge();
  INFO(verdict.reason);
  CHECK(verdict.ok);
  CHECK(verdict.check.rows_checked == 3 * 2 * 2 * 200 + 2);
  CHECK(verdict.check.worst_error > 0);
  CHECK(verdict.check.worst_error_over_bound < 0.7);
  CHECK(trial.judge(10).check.rows_checked == 3 * 10 + 2);
}

TEST_CASE("Errors in gradients that a variant defines are found, with their place") {
  TrainedLeakySum forgets, cuts, strays;
  forgets.forgets_decay = true;
  cuts.cuts_off = true;
  strays.stray = 1e-4;
  CHECK(begins(Trial(forgets, problem_of(50)).judge(), "d_decay: batch 0 head "));
  CHECK(begins(Trial(cuts, problem_of(50)).judge(), "d_v: batch "));
  CHECK(begins(Trial(strays, problem_of(16384, 1)).judge(64), "d_v: batch 0 head 0 key 0 dim "));
  const TrainedLeakySum right;
  Trial trial(right, problem_of(50));
  // Zero by the definition. The bound is 2e-31: 2^24 FLT_MIN.
  trial.d_q[8 * 50 + 8 * 3 + 1] = 1e-30f;
  CHECK(begins(trial.judge(), "d_q: batch 0 head 1 query 3 dim 1: expected 0, got 1e-30"));
  Trial unwritten(right, problem_of(50));
  poison(unwritten.extra[1]);
  CHECK(begins(unwritten.judge(), "d_decay: batch 0 head 0 row 0 dim 0 was never written"));
}

TEST_CASE("An error in a small element of a row is found, whatever the others are") {
  const TrainedLeakySum right;
  Trial trial(right, problem_of(50));
  for (size_t i = 1; i < trial.d_out.size(); i += 8) trial.d_out[i] *= 1e-6f;
  trial.run();
  CHECK(trial.judge().ok);
  trial.d_v[8 * 3 + 1] += 1e-8f;
  CHECK(begins(trial.judge(), "d_v: batch 0 head 0 key 3 dim 1: "));
}

TEST_CASE("An input that is not learned has no gradient to be judged") {
  TrainedLeakySum variant;
  variant.is_learned = false;
  const Verdict verdict = Trial(variant, problem_of(50)).judge();
  CHECK(verdict.ok);
  CHECK(verdict.check.rows_checked == 3 * 2 * 2 * 50);
}

TEST_CASE("A definition of gradients that is wrong, or that float32 can't evaluate, is told") {
  TrainedLeakySum wrong, overflows;
  wrong.definition_factor = 1.001;
  overflows.overflows_in_float = true;
  CHECK(begins(Trial(wrong, problem_of(50)).judge(), "d_v: batch "));
  CHECK(begins(Trial(overflows, problem_of(50)).judge(),
               "d_v: batch 0 head 0 key 0: its definition is not finite in float32"));
}

TEST_CASE(
    "A gradient a little beyond its bound is judged again, with more evaluations in float32") {
  TrainedLeakySum variant;
  variant.stray = 5e-6;       // A few times the bound,
  variant.late_stray = 1e-4;  // which more evaluations widen.
  Trial trial(variant, problem_of(50));
  CHECK(trial.judge().ok);
  CHECK(variant.evaluations == kReplicas + kReplicasInDoubt);
  variant.late_stray = 0;
  CHECK_FALSE(trial.judge().ok);
}

TEST_CASE("Differences of a definition's outputs are the gradients that it defines") {
  const TrainedLeakySum variant;
  const Problem p = problem_of(6);
  Trial trial(variant, p);
  std::vector<double> d_v(trial.d_v.size()), zeros(d_v), decay(2);
  double* const extra[] = {nullptr, decay.data()};
  std::vector<double> d_q(zeros), d_k(zeros);
  variant.define_gradients(trial.call, trial.inputs.view(), trial.d_out_tensor(),
                           DefinedGradients<double>{d_q.data(), d_k.data(), d_v.data(), extra});
  const auto same = [&](int64_t input, const std::vector<double>& expected) {
    const std::vector<double> differences = gradient_by_differences(
        variant, trial.call, trial.inputs.view(), trial.d_out_tensor(), input);
    REQUIRE(differences.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      CHECK(differences[i] == Approx(expected[i]).epsilon(1e-8).margin(1e-9));
  };
  same(0, zeros);
  same(1, zeros);
  same(2, d_v);
  same(3, {0});
  same(4, decay);
}

}  // namespace attnbench::measure::test
