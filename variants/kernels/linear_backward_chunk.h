// The products of the backward pass of linear attention, on a few keys and queries of one head.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/linear_backward_cut.h"
#include "kernels/transpose.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Keys [begin, begin + keys), or queries, of one key head in a thread's scratch.
///
/// The gradient with respect to the weight phi(q_i)·phi(k_j) is g_i·v_j + h_i, with g_i = d_out_i /
/// z_i and h_i = -(d_out_i·out_i) / z_i, if query i's sums were divided by z_i. So with (v_j, 1)
/// and (g_i, h_i) as rows, the gradient of phi(q_i) is its row times the sum over keys of row times
/// phi(k_j); the gradient of phi(k_j) is its row times the sum over queries of row times phi(q_i);
/// and this second sum times phi(k_j) is the gradient of v_j.
class LinearBackwardChunk {
 public:
  LinearBackwardChunk(const TrainableMap& phi, const Problem& p, const Inputs& in,
                      const LinearOutput& output, const Gradients& to, const LinearBackwardCut& cut,
                      int64_t head, const LinearBackwardScratch& scratch)
      : phi_(phi),
        p_(p),
        in_(in),
        output_(output),
        to_(to),
        cut_(cut),
        batch_(head / p.kv_heads),
        kv_head_(head % p.kv_heads),
        s_(scratch) {}

  /// At most kLinearBlock of them. What is to be added to a sum, or is to meet the queries of its
  /// chunk, needs tiles too.
  void load_keys(int64_t begin, int64_t keys) const {
    phi_.map(p_, key_rows(begin, keys));
    pack_rows(in_.v.row(batch_, kv_head_, begin), cut_.dims, keys, cut_.dims, cut_.row_pitch,
              s_.values, cut_.row_pitch);
    for (int64_t i = 0; i < keys; ++i) s_.values[i * cut_.row_pitch + cut_.dims] = 1;
  }
  void tile_keys(int64_t keys) const { to_tiles(s_.keys, keys, s_.key_tiles); }

  /// Of query head `member` of the group.
  void load_queries(int64_t member, int64_t first, int64_t rows) const {
    const int64_t head = head_of(member);
    phi_.map(p_, query_rows(member, first, rows));
    const float* const inverse = output_.inverse + (batch_ * p_.heads + head) * p_.q_len + first;
    for (int64_t i = 0; i < rows; ++i) {
      const float* const d_out = output_.d_out.row(batch_, head, first + i);
      float* const row = s_.outputs + i * cut_.row_pitch;
      std::fill_n(row, cut_.row_pitch, 0.0f);
      add_scaled(inverse[i], d_out, cut_.dims, row);
      row[cut_.dims] =
          -inverse[i] * dot(d_out, output_.out.row(batch_, head, first + i), cut_.dims);
    }
  }

  void tile_queries(int64_t rows) const { to_tiles(s_.queries, rows, s_.query_tiles); }

  /// Adds rows times features to a state, and to a second one if that is not null.
  void add_keys(int64_t keys, float* sum, float* second) const {
    add_rows(s_.values, s_.key_tiles, keys, sum, second);
  }
  void add_queries(int64_t rows, float* sum, float* second) const {
    add_rows(s_.outputs, s_.query_tiles, rows, sum, second);
  }

  /// What pairs of keys and queries of a chunk need of its keys, beside that.
  void prepare_pairs(int64_t keys) const {
    across(s_.values, cut_.row_pitch, cut_.dims + 1, keys, s_.values_across);
  }

  /// Writes the gradients of queries, which are loaded: by a sum of keys, and if `pairs` by the
  /// keys of their chunk, up to each query itself.
  void write_queries(int64_t member, int64_t first, int64_t rows, const float* sum,
                     bool pairs) const {
    multiply_state(s_.outputs, rows, sum);
    const int64_t tile = cut_.columns.tile(), pitch = cut_.columns.padded();
    if (pairs) {
      score_gradients(rows);
      for_each_group(rows, [&]<int kRows, int kVectors>(int64_t row, int64_t t) {
        float* const to = s_.d_features + row * pitch + t * tile;
        multiply_tile<Operand::kKeys, kRows, kVectors, kVectors>(
            s_.d_weights + row * kChunk, kChunk, s_.key_tiles + t * kLinearBlock * tile,
            row + kRows, to, to, pitch);
      });
    }
    phi_.pull_back(p_, query_rows(member, first, rows), s_.d_features, pitch,
                   to_.q.row(batch_, head_of(member), first));
  }

  /// Begins the gradients of keys and values, at most a chunk, which are loaded: by a sum of
  /// queries.
  void start_keys(int64_t keys, const float* sum) const {
    across(s_.keys, cut_.feature_pitch, cut_.features, keys, s_.keys_across);
    multiply_state(s_.values, keys, sum);
    const int64_t tile = cut_.columns.tile();
    for_each_value_group([&]<int kRows>(int64_t row, float* to) {
      for (int64_t t = 0; t < cut_.columns.tiles; ++t)
        multiply_tile<Operand::kKeys, kRows, kBackwardVectors, kBackwardVectors>(
            sum + (t * cut_.rows + row) * tile, tile, s_.keys_across + t * tile * kChunk,
            std::min(tile, cut_.features - t * tile), t == 0 ? nullptr : to, to, kChunk);
    });
  }

  /// Adds what the queries of the chunk, which are loaded, add to them: each from its own key on.
  void add_pairs(int64_t rows) const {
    score_gradients(rows);
    score(s_.queries, cut_.feature_pitch, s_.keys_across, cut_.features, rows, s_.weights);
    const int64_t tile = cut_.columns.tile(), pitch = cut_.columns.padded();
    for_each_group(rows, [&]<int kRows, int kVectors>(int64_t key, int64_t t) {
      float* const to = s_.d_features + key * pitch + t * tile;
      // Queries before these keys do not see them.
      multiply_tile<Operand::kValues, kRows, kVectors, kVectors>(
          s_.d_weights + key * kChunk + key, kChunk,
          s_.query_tiles + (t * kLinearBlock + key) * tile, rows - key, to, to, pitch);
    });
    for_each_value_group([&]<int kRows>(int64_t row, float* to) {
      multiply_tile<Operand::kValues, kRows, kBackwardVectors, kBackwardVectors>(
          s_.outputs + row, cut_.row_pitch, s_.weights, rows, to, to, kChunk);
    });
  }

  void write_keys(int64_t begin, int64_t keys) const {
    phi_.pull_back(p_, key_rows(begin, keys), s_.d_features, cut_.columns.padded(),
                   to_.k.row(batch_, kv_head_, begin));
    const int64_t lanes = round_up(cut_.dims, kLanes);
    const float* of[kMaxHeadDim];
    for (int64_t i = 0; i < lanes; ++i)
      of[i] = s_.d_values_across + std::min(i, cut_.dims - 1) * kChunk;
    transpose(of, lanes, kChunk, 1, s_.d_values);
    for (int64_t i = 0; i < keys; ++i)
      std::copy_n(s_.d_values + i * lanes, cut_.dims, to_.v.row(batch_, kv_head_, begin + i));
  }

  /// Zeros for the first queries of all members.
  void clear_queries(int64_t rows) const {
    for (int64_t member = 0; member < cut_.group; ++member)
      std::fill_n(to_.q.head(batch_, head_of(member)), rows * cut_.dims, 0.0f);
  }

 private:
  static constexpr int64_t kChunk = kBackwardChunk;

  int64_t head_of(int64_t member) const { return kv_head_ * cut_.group + member; }

  RowsToMap key_rows(int64_t begin, int64_t keys) const {
    return {in_.k.row(batch_, kv_head_, begin),
            keys,
            false,
            kv_head_,
            begin,
            s_.keys,
            cut_.feature_pitch,
            nullptr};
  }
  RowsToMap query_rows(int64_t member, int64_t first, int64_t rows) const {
    return {in_.q.row(batch_, head_of(member), first),
            rows,
            true,
            kv_head_,
            aligned_position(p_, first),
            s_.queries,
            cut_.feature_pitch,
            nullptr};
  }

  /// Rows of features become tiles.
  void to_tiles(const float* from, int64_t rows, float* to) const {
    const ValueColumns& columns = cut_.columns;
    for (int64_t t = 0; t < columns.tiles; ++t, to += kLinearBlock * columns.tile()) {
      const int64_t column = t * columns.tile();
      pack_rows(from + column, cut_.feature_pitch, rows,
                std::min(columns.tile(), columns.count - column), columns.tile(), to,
                columns.tile());
    }
  }

  /// Transposes rows of a chunk; those beyond the last one are copies of it.
  static void across(const float* from, int64_t pitch, int64_t floats, int64_t rows, float* to) {
    const float* of[kChunk];
    for (int64_t i = 0; i < kChunk; ++i) of[i] = from + std::min(i, rows - 1) * pitch;
    transpose(of, kChunk, floats, 1, to);
  }

  /// Calls body.operator()<rows, vectors>(row, tile) for groups of rows in each tile of features.
  template <class Body>
  void for_each_group(int64_t rows, const Body& body) const {
    with_value_vectors(cut_.columns, [&]<int kVectors>() {
      for (int64_t t = 0; t < cut_.columns.tiles; ++t)
        for_each_row_group<rows_in_registers(kVectors)>(rows, [&]<int kRows>(int64_t row) {
          body.template operator()<kRows, kVectors>(row, t);
        });
    });
  }

  /// Calls body.operator()<rows>(row, its place) for the rows of d_values_across.
  template <class Body>
  void for_each_value_group(const Body& body) const {
    for_each_row_group<rows_in_registers(kBackwardVectors)>(
        round_up(cut_.dims, 4), [&]<int kRows>(int64_t row) {
          body.template operator()<kRows>(row, s_.d_values_across + row * kChunk);
        });
  }

  void add_rows(const float* rows, const float* tiles, int64_t count, float* sum,
                float* second) const {
    const int64_t tile = cut_.columns.tile();
    for_each_group(cut_.rows, [&]<int kRows, int kVectors>(int64_t row, int64_t t) {
      const int64_t at = (t * cut_.rows + row) * tile;
      add_keys_to_tile<kRows, kVectors>(rows + row, cut_.row_pitch, tiles + t * kLinearBlock * tile,
                                        count, sum + at, second == nullptr ? nullptr : second + at);
    });
  }

  /// d_features = rows times a state.
  void multiply_state(const float* rows, int64_t count, const float* state) const {
    const int64_t tile = cut_.columns.tile(), pitch = cut_.columns.padded();
    for_each_group(count, [&]<int kRows, int kVectors>(int64_t row, int64_t t) {
      multiply_features<kRows, kVectors, kVectors>(rows + row * cut_.row_pitch, cut_.row_pitch,
                                                   state + t * cut_.rows * tile, cut_.dims + 1,
                                                   s_.d_features + row * pitch + t * tile, pitch);
    });
  }

  /// The products of a chunk's queries and keys; zero if the key is behind the query.
  static void score(const float* rows, int64_t pitch, const float* keys_across, int64_t depth,
                    int64_t count, float* to) {
    for_each_row_group<rows_in_registers(kBackwardVectors)>(count, [&]<int kRows>(int64_t row) {
      multiply_features<kRows, kBackwardVectors, kBackwardVectors>(
          rows + row * pitch, pitch, keys_across, depth, to + row * kChunk, kChunk);
    });
    for (int64_t i = 0; i < count; ++i)
      std::fill(to + i * kChunk + i + 1, to + (i + 1) * kChunk, 0.0f);
  }

  void score_gradients(int64_t rows) const {
    score(s_.outputs, cut_.row_pitch, s_.values_across, cut_.dims + 1, rows, s_.d_weights);
  }

  const TrainableMap& phi_;
  const Problem& p_;
  const Inputs& in_;
  const LinearOutput& output_;
  const Gradients& to_;
  const LinearBackwardCut& cut_;
  const int64_t batch_, kv_head_;
  const LinearBackwardScratch s_;
};

}  // namespace attnbench::kernels
