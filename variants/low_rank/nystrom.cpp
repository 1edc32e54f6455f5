// nystrom: softmax of all pairs is replaced by a product of three smaller softmaxes, of queries and
// keys with landmarks, which are the means of segments of queries and of keys.
//
// Of m segments of n rows, segment j holds the rows from j n / m up to (j + 1) n / m, rounded down:
// if m does not divide n, some segments have one row more than others. (The authors' code asks for
// an m that divides n.) The depthwise convolution over values that the authors' code adds to the
// output, if asked to, is left out: it is a skip connection beside attention.
//
// The engine does the softmaxes over all keys and over landmarks. Between them comes the iteration
// for the pseudo-inverse: a thread does a head from end to end, or if there are fewer heads than
// threads, some rows of each product.
#include <algorithm>
#include <optional>

#include "attnbench/register.h"
#include "kernels/dense.h"
#include "kernels/divide.h"
#include "kernels/every_key.h"
#include "kernels/matrix.h"
#include "kernels/means.h"
#include "kernels/pseudo_inverse.h"
#include "kernels/row_blocks.h"
#include "kernels/tasks.h"
#include "low_rank/nystrom_definition.h"

namespace attnbench {
namespace {

using kernels::PseudoInverse;

/// A call in numbers of landmarks, and where its workspace holds what.
struct Shape {
  const Call& call;
  const Problem& p;
  int64_t landmarks, iterations;
  int64_t heads;  ///< All query heads of the batch.
  int64_t group;  ///< Query heads that share a key head.
  Count head;     ///< Floats of all landmarks of all query heads.

  explicit Shape(const Call& c)
      : call(c),
        p(c.problem),
        landmarks(c.params[0]),
        iterations(c.params[1]),
        heads(p.batch * p.heads),
        group(p.heads / p.kv_heads),
        head(count(heads, landmarks, p.head_dim)) {}

  /// Landmarks of queries over all keys.
  Call over_keys() const {
    Call small{p, nullptr, call.threads};
    small.problem.q_len = landmarks;
    return small;
  }
  /// All queries over landmarks of keys. Their values differ by query head.
  Call over_landmarks() const {
    Call small{p, nullptr, call.threads};
    small.problem.kv_len = landmarks;
    small.problem.kv_heads = p.heads;
    return small;
  }

  /// The workspace: the engine's, four tensors of landmarks, and matrices of some heads. The engine
  /// gets as much as for the longest keys, at most 1 MiB more than for short ones, so that the
  /// workspace does not grow with n.
  Count engine_bytes() const {
    Call longest = over_keys();
    longest.problem.kv_len = kMaxLength;
    return std::max(kernels::scratch_bytes(longest, kernels::kDefaultTile),
                    kernels::scratch_bytes(over_landmarks(), kernels::kDefaultTile));
  }
  bool by_head() const { return heads >= call.threads; }
  int64_t slots() const { return by_head() ? call.threads : heads; }
  Count bytes() const {
    const Count floats = count(4, head) + count(slots(), PseudoInverse::floats(landmarks));
    return engine_bytes() + floats * count(sizeof(float));
  }
};

/// Writes the landmarks of queries, and those of keys once for each query head.
void find_landmarks(const Shape& s, const Inputs& in, float* queries, float* keys) {
  const Problem& p = s.p;
  const auto mean = [&](const float* x, int64_t n, int64_t segment, float* to) {
    const auto [begin, end] = kernels::Range::part(n, segment, s.landmarks);
    kernels::mean_of_rows(x + begin * p.head_dim, end - begin, p.head_dim, to);
  };
  kernels::for_each_task(s.call.threads, s.heads * s.landmarks, [&](int64_t task, int) {
    const int64_t head = task / s.landmarks, segment = task % s.landmarks;
    mean(in.q.data + head * p.q_len * p.head_dim, p.q_len, segment, queries + task * p.head_dim);
    if (head % s.group != 0) return;
    float* const first = keys + task * p.head_dim;
    mean(in.k.data + head / s.group * p.kv_len * p.head_dim, p.kv_len, segment, first);
    for (int64_t i = 1; i < s.group; ++i)
      std::copy_n(first, p.head_dim, first + i * s.landmarks * p.head_dim);
  });
}

/// Fills the matrix with the softmax of one head's landmarks, and starts the iteration.
void start_inverse(const Shape& s, const float* queries, const float* keys,
                   const PseudoInverse& inverse) {
  const int64_t m = s.landmarks;
  float* const a = inverse.matrix();
  kernels::multiply_keys(queries, m, keys, m, s.p.head_dim, a, m);
  for (int64_t row = 0; row < m; ++row) {
    float* const weights = a + row * m;
    const float sum = kernels::weigh_row(kernels::modifiers_of(s.p), 0, 0, m, weights).sum;
    for (int64_t j = 0; j < m; ++j) weights[j] /= sum;
  }
  inverse.start();
}

/// Writes the product of each head's pseudo-inverse and its values [landmarks, head_dim].
void multiply_by_inverse(const Shape& s, const float* queries, const float* keys,
                         const float* values, float* matrices, float* products) {
  const int64_t m = s.landmarks, size = m * s.p.head_dim;
  const int64_t steps = PseudoInverse::kSteps * s.iterations;
  const auto inverse_in = [&](int64_t slot) {
    return PseudoInverse(m, matrices + slot * PseudoInverse::floats(m).value());
  };
  const auto start = [&](int64_t head, const PseudoInverse& inverse) {
    start_inverse(s, queries + head * size, keys + head * size, inverse);
  };
  const auto finish = [&](int64_t head, const PseudoInverse& inverse) {
    kernels::multiply_values(inverse.inverse(s.iterations), m, m, values + head * size, m,
                             s.p.head_dim, products + head * size);
  };
  if (s.by_head()) {
    kernels::for_each_task(s.call.threads, s.heads, [&](int64_t head, int thread) {
      const PseudoInverse inverse = inverse_in(thread);
      start(head, inverse);
      for (int64_t step = 0; step < steps; ++step) inverse.do_rows(step, 0, m);
      finish(head, inverse);
    });
    return;
  }
  const int64_t blocks = kernels::row_blocks_a_head(s.call.threads, s.heads, m, m);
  kernels::for_each_task(s.call.threads, s.heads,
                         [&](int64_t head, int) { start(head, inverse_in(head)); });
  for (int64_t step = 0; step < steps; ++step)
    kernels::for_each_task(s.call.threads, s.heads * blocks, [&](int64_t task, int) {
      const int64_t block = task % blocks;
      inverse_in(task / blocks)
          .do_rows(step, kernels::first_row_of(block, blocks, m),
                   kernels::first_row_of(block + 1, blocks, m));
    });
  kernels::for_each_task(s.call.threads, s.heads,
                         [&](int64_t head, int) { finish(head, inverse_in(head)); });
}

/// The least operations for Z_t times the landmarks' values, from Z_0, with m landmarks, head_dim d
/// and t iterations. An iteration, Z' = 1/4 Z (13 I - A Z (15 I - A Z (7 I - A Z))), takes 8 m^3 in
/// four products. The last ones can be done on the values alone: Z' then takes a product with Z and
/// three with A Z, of 2 m^2 d each, and A Z' four with A Z. So l such iterations take 4^l products
/// with 2 m^3 for the first A Z, or if each A Z is done as two products, 2 4^l - 1 of them.
Count least_inverse_flops(int64_t m, int64_t d, int64_t iterations) {
  const Count square = count(2, m, m);
  Count least = count(4, iterations, m) * square + square * count(d);
  for (int64_t last = 1; last <= iterations; ++last) {
    const int64_t products = int64_t{1} << 2 * last;
    const Count on_values =
        std::min(square * (count(m) + count(products, d)), square * count(2 * products - 1, d));
    least = std::min(least, count(4, iterations - last, m) * square + on_values);
  }
  return least;
}

class Nystrom final : public Defines<Nystrom> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  Support supports(const Call& call) const noexcept override {
    if (call.problem.causal)
      return {"landmarks are means over all positions, so nystrom cannot be causal"};
    if (call.params[0] > std::min(call.problem.q_len, call.problem.kv_len))
      return {"there are more landmarks than queries or keys"};
    return {};
  }

  /// An addition for each element of a landmark's segment. With m landmarks and head_dim d: 2 m^2 d
  /// for their scores; 4 m d for each key and each query; and what the pseudo-inverse times the
  /// landmarks' values takes.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Shape s(call);
    const Count m(s.landmarks), heads(s.heads), d(p.head_dim);
    const Count inverse = least_inverse_flops(s.landmarks, p.head_dim, s.iterations);
    const Count queries = count(heads, p.q_len), keys = count(p.batch, p.kv_heads, p.kv_len);
    const Count pairs = m * (queries + count(heads, p.kv_len));
    return {d * (queries + keys) + count(4, d) * pairs + heads * (count(2, d, m, m) + inverse),
            count(2, d) * (queries + keys) * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    const auto m = static_cast<double>(call.params[0]);
    const double d = static_cast<double>(call.problem.head_dim);
    const auto inverse = static_cast<double>(
        least_inverse_flops(call.params[0], call.problem.head_dim, call.params[1]).value());
    return {.time = {{1, 0, 8 * d, "products with landmarks"},
                     {0, 0, inverse / m + 2 * m * d, "products of landmarks"}},
            .memory = {0}};
  }
  Count workspace_bytes(const Call& call) const noexcept override { return Shape(call).bytes(); }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Shape s(call);
    const Problem& p = call.problem;
    const int64_t head = s.head.value();
    float* const queries = reinterpret_cast<float*>(workspace.data + s.engine_bytes().value());
    float *const keys = queries + head, *const values = keys + head,
                 *const products = values + head, *const matrices = products + head;
    const auto tensor = [&](float* data) {
      return Tensor<float>{data, p.batch, p.heads, s.landmarks, p.head_dim};
    };
    const auto input = [&](const float* data) {
      return Tensor<const float>{data, p.batch, p.heads, s.landmarks, p.head_dim};
    };
    find_landmarks(s, in, queries, keys);
    kernels::attend(kernels::kEveryKey, s.over_keys(), kernels::kDefaultTile,
                    {input(queries), in.k, in.v}, tensor(values), workspace.data);
    multiply_by_inverse(s, queries, keys, values, matrices, products);
    kernels::attend(kernels::kEveryKey, s.over_landmarks(), kernels::kDefaultTile,
                    {in.q, input(keys), input(products)}, out, workspace.data);
  }

  /// Each head by its definition, which is in nystrom_definition.h.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Shape s(call);
    const Problem& p = call.problem;
    std::optional<HeadDefinition<Real>> head;
    int64_t of = -1;
    for (const int64_t row : rows) {
      if (row / p.q_len != of) {
        of = row / p.q_len;
        const int64_t batch = of / p.heads, kv_head = of % p.heads / s.group;
        head.emplace(p, s.landmarks, s.iterations, in.q.head(batch, of % p.heads),
                     in.k.head(batch, kv_head), in.v.head(batch, kv_head));
      }
      head->define(in.q.data + row * p.head_dim, out);
      out += p.head_dim;
    }
  }
};

constexpr Param kParams[] = {
    {"landmarks", 64, 8, 512, "segments of queries, and of keys; at most q_len and kv_len"},
    {"iterations", 6, 0, 8, "of the approximation of the pseudo-inverse"}};

const Info kInfo{"nystrom",
                 "a product of softmaxes of queries and keys with landmarks, which are their means",
                 Kind::kApproximate,
                 "Xiong et al. 2021, Nyströmformer",
                 kParams,
                 2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Nystrom, attnbench::kInfo)
