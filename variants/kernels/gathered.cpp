// The products of gathered attention. Rows of k and v are packed straight from where they lie.
#include "kernels/gathered.h"

#include "kernels/divide.h"
#include "kernels/microkernel.h"
#include "kernels/prefetch.h"
#include "kernels/transpose.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// As in matrix.cpp.
constexpr int kTileVectors = kHasAvx512 ? 4 : 3;
constexpr int64_t kTileColumns = kTileVectors * kLanes;

/// The columns of V in a tile, about as many in each.
int64_t value_columns(int64_t head_dim) {
  const int64_t vectors = divide_up(head_dim, kLanes);
  return divide_up(vectors, divide_up(vectors, kTileVectors)) * kLanes;
}

/// to[i][lane] = keys[lane][i], with rows of `to` kTileColumns floats apart. Lanes beyond the last
/// key, up to a whole vector, hold that key, too.
void pack_keys(const float* k, const int32_t* keys, int64_t count, int64_t head_dim, float* to) {
  for (int64_t lane = 0; lane < count; lane += kLanes) {
    const float* rows[kLanes];
    for (int64_t i = 0; i < kLanes; ++i)
      rows[i] = k + keys[std::min(lane + i, count - 1)] * head_dim;
    for_each_square(head_dim, [&](int64_t i) HWY_ATTR {
      Vec x[kLanes];
      load_square([&](int r) { return rows[r] + i; }, x);
      for (int r = 0; r < kLanes; ++r) hn::Store(x[r], Lanes(), to + (i + r) * kTileColumns + lane);
    });
    for (int64_t i = 0; head_dim < kLanes && i < head_dim; ++i)
      for (int64_t r = 0; r < kLanes; ++r) to[i * kTileColumns + lane + r] = rows[r][i];
  }
}

/// to[key][:columns] = rows of v from a column on, with zeros behind up to a whole vector.
void pack_values(const float* v, const int32_t* keys, int64_t count, int64_t head_dim,
                 int64_t columns, float* to) {
  for (int64_t key = 0; key < count; ++key, to += kTileColumns)
    pack_rows(v + keys[key] * head_dim, head_dim, 1, columns, round_up(columns, kLanes), to,
              kTileColumns);
}

/// Multiplies rows by a tile: keep(row, its sums over i < depth of a[row][i] * tile[i][:]).
template <int kVectors, class Keep>
HWY_NOINLINE void multiply_rows(const float* a, int64_t pitch, int64_t rows, const float* tile,
                                int64_t depth, const Keep& keep) {
  for_each_row_group<rows_in_registers(kVectors)>(rows, [&]<int kRows>(int64_t row) {
    Vec sums[kRows][kVectors];
    clear_sums(sums);
    sum_products<Operand::kKeys, kRows, kVectors, kTileVectors>(a + row * pitch, pitch, tile, depth,
                                                                0, nullptr, sums);
    for (int r = 0; r < kRows; ++r) keep(row + r, sums[r]);
  });
}

template <class Keep>
void multiply_rows(const float* a, int64_t pitch, int64_t rows, const float* tile, int64_t depth,
                   int64_t columns, const Keep& keep) {
  switch (divide_up(columns, kLanes)) {
    case 1:
      return multiply_rows<1>(a, pitch, rows, tile, depth, keep);
    case 2:
      return multiply_rows<2>(a, pitch, rows, tile, depth, keep);
    case 3:
      return multiply_rows<3>(a, pitch, rows, tile, depth, keep);
    default:
      return multiply_rows<kTileVectors>(a, pitch, rows, tile, depth, keep);
  }
}

/// out = factor * out + sum, for the first `columns` columns.
template <int kVectors>
HWY_INLINE void add_row(const Vec (&sums)[kVectors], float factor, int64_t columns, float* out) {
  const Lanes d;
  for (int v = 0; v < kVectors; ++v, out += kLanes, columns -= kLanes) {
    if (columns >= kLanes) {
      hn::StoreU(hn::MulAdd(hn::LoadU(d, out), hn::Set(d, factor), sums[v]), d, out);
      continue;
    }
    alignas(64) float some[kLanes];
    hn::Store(sums[v], d, some);
    for (int64_t i = 0; i < columns; ++i) out[i] = factor * out[i] + some[i];
  }
}

}  // namespace

int64_t GatheredRows::floats(int64_t head_dim) {
  const int64_t keys = kTileColumns * head_dim, values = kMostKeys * kTileColumns;
  return kMostRows * kMostKeys + round_up(kMostRows * head_dim, 16) +
         round_up(std::max(keys, values), 16);
}

GatheredRows::GatheredRows(const Problem& p, const float* q, const float* k, const float* v,
                           const OnlineRows& online, float* scratch)
    : p_(p),
      q_(q),
      k_(k),
      v_(v),
      online_(online),
      modifiers_(modifiers_of(p)),
      weights_(scratch),
      queries_(weights_ + kMostRows * kMostKeys),
      pack_(queries_ + round_up(kMostRows * p.head_dim, 16)) {}

void GatheredRows::gather(const GatheredTile& tile) {
  float* to = queries_;
  for (int64_t row = 0; row < tile.rows; ++row, to += p_.head_dim) {
    const float* const from = q_ + tile.queries[row] * p_.head_dim;
    prefetch(online_.out + tile.place(row) * p_.head_dim, p_.head_dim);
    for_each_vector(p_.head_dim,
                    [&](auto d, int64_t i) { hn::StoreU(hn::LoadU(d, from + i), d, to + i); });
  }
}

void GatheredRows::score(const GatheredTile& tile, const int32_t* keys, int64_t count) {
  for (int64_t key = 0; key < count; key += kTileColumns) {
    const int64_t columns = std::min(kTileColumns, count - key);
    pack_keys(k_, keys + key, columns, p_.head_dim, pack_);
    for (int64_t i = key; i < key + columns; ++i) prefetch(v_ + keys[i] * p_.head_dim, p_.head_dim);
    float* const to = weights_ + key;
    multiply_rows(queries_, p_.head_dim, tile.rows, pack_, p_.head_dim, columns,
                  [&]<int kVectors>(int64_t row, const Vec(&sums)[kVectors]) {
                    for (int v = 0; v < kVectors; ++v)
                      hn::StoreU(sums[v], Lanes(), to + row * kMostKeys + v * kLanes);
                  });
  }
}

void GatheredRows::add_values(const GatheredTile& tile, const int32_t* keys, int64_t count,
                              const float* factors) {
  const int64_t step = value_columns(p_.head_dim);
  for (int64_t dim = 0; dim < p_.head_dim; dim += step) {
    const int64_t columns = std::min(step, p_.head_dim - dim);
    pack_values(v_ + dim, keys, count, p_.head_dim, columns, pack_);
    multiply_rows(
        weights_, kMostKeys, tile.rows, pack_, count, columns, [&](int64_t row, const auto& sums) {
          add_row(sums, factors[row], columns, online_.out + tile.place(row) * p_.head_dim + dim);
        });
  }
}

}  // namespace attnbench::kernels
