// One thread's work on one key head, for linear attention by a state.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/linear_cut.h"
#include "kernels/prefetch.h"
#include "kernels/transpose.h"

namespace attnbench::kernels {

/// One thread at one key head.
class LinearWorker {
 public:
  LinearWorker(const FeatureMap& phi, const Call& call, const Inputs& in, const Tensor<float>& out,
               float* inverse, const LinearCut& cut, int64_t head, float* scratch)
      : phi_(phi),
        p_(call.problem),
        in_(in),
        out_(out),
        inverse_(inverse),
        cut_(cut),
        batch_(head / p_.kv_heads),
        kv_head_(head % p_.kv_heads),
        scratch_(scratch) {}

  float* state(int which) { return scratch_ + cut_.states() + which * cut_.state(); }

  /// Adds the keys of a segment to `sum`, in the same steps in which attend() does.
  void sum_up(int64_t segment, float* sum) {
    walk(segment, [&](int64_t begin, int64_t keys, bool) {
      load_keys(begin, keys, sum);
      add_all_keys(keys, sum, nullptr);
    });
  }

  /// With causal: attends the queries of a segment. `running` is the state before it, and is used
  /// up. Adds the segment's keys to `sum` too, if that is not null.
  void attend(int64_t segment, float* running, float* sum) {
    walk(segment, [&](int64_t begin, int64_t keys, bool attended) {
      load_keys(begin, keys, running);
      if (attended) attend_keys(begin, keys, running);
      if (begin + keys < p_.kv_len) add_all_keys(keys, running, sum);
    });
  }

  /// Without causal: attends some rows of a query head of the group, all in one batch entry.
  void attend_rows(int64_t member, int64_t first, int64_t count, const float* state) {
    for (int64_t row = first; row < first + count; row += cut_.block) {
      const int64_t rows = std::min(cut_.block, first + count - row);
      if (cut_.has_peaks) std::fill_n(peaks_, rows, state[cut_.peak()]);
      load_queries(member, row, rows, peaks_, member);
      for (int64_t i = 0; i < rows; ++i) invert(i, sum_of_weights(i, state));
      keep_inverse(member, row, rows);
      multiply(member, row, rows, 0, 0, state);
    }
  }

  /// With causal: zeros for queries that stand before the first key.
  void clear_blind_rows() {
    const int64_t blind = p_.causal ? std::max<int64_t>(p_.q_len - p_.kv_len, 0) : 0;
    for (int64_t member = 0; member < p_.heads / p_.kv_heads; ++member) {
      std::fill_n(out_.head(batch_, head_of(member)), blind * p_.head_dim, 0.0f);
      if (inverse_ != nullptr) std::fill_n(inverse_of(member), blind, 0.0f);
    }
  }

 private:
  int64_t head_of(int64_t member) const { return kv_head_ * (p_.heads / p_.kv_heads) + member; }

  /// Calls step(begin, keys, whether queries stand there) for the blocks and chunks of a segment.
  template <class Step>
  void walk(int64_t segment, const Step& step) {
    const int64_t begin = segment * cut_.segments.keys;
    const int64_t end = std::min(begin + cut_.segments.keys, p_.kv_len);
    const int64_t attended = std::clamp(cut_.attended, begin, end);
    for (int64_t key = begin; key < attended; key += cut_.block)
      step(key, std::min(cut_.block, attended - key), false);
    for (int64_t key = attended; key < end; key += kLinearChunk)
      step(key, std::min(kLinearChunk, end - key), true);
  }

  /// Loads the keys that follow those of a state. As many after them are prefetched while these are
  /// added.
  void load_keys(int64_t begin, int64_t keys, const float* state) {
    if (cut_.has_peaks) peaks_[0] = state[cut_.peak()];
    phi_.map(p_, {in_.k.row(batch_, kv_head_, begin), keys, false, kv_head_, begin,
                  scratch_ + cut_.keys(), cut_.pitch, peaks_});
    // Rows of V that are one tile need no packing.
    values_ = in_.v.row(batch_, kv_head_, begin);
    if (cut_.columns.tile() != p_.head_dim || !is_aligned(values_)) {
      float* const packed = scratch_ + cut_.values();
      pack_value_columns(values_, keys, cut_.columns, kLinearBlock, packed);
      values_ = packed;
    }
    const int64_t next = begin + keys, floats = std::min(keys, p_.kv_len - next) * p_.head_dim;
    const int64_t shares =
        cut_.columns.tiles * divide_up(cut_.rows, rows_in_registers(cut_.columns.vectors));
    keys_ahead_.begin(in_.k.row(batch_, kv_head_, next), floats, shares);
    values_ahead_.begin(in_.v.row(batch_, kv_head_, next), floats, shares);
  }

  /// Loads some queries. Those of the next member of the group or, after the last one, the next
  /// ones of `next_member` are prefetched while these are multiplied.
  void load_queries(int64_t member, int64_t first, int64_t rows, float* peaks,
                    int64_t next_member) {
    phi_.map(p_, {in_.q.row(batch_, head_of(member), first), rows, true, kv_head_,
                  aligned_position(p_, first), scratch_ + cut_.queries(), cut_.pitch, peaks});
    const int64_t next = next_member > member ? first : first + rows;
    queries_ahead_.begin(
        in_.q.row(batch_, head_of(next_member), next),
        std::min(rows, p_.q_len - next) * p_.head_dim,
        cut_.columns.tiles * divide_up(rows, rows_in_registers(cut_.columns.vectors)));
  }

  /// Adds all keys that are loaded, in the same steps whatever their peaks are.
  void add_all_keys(int64_t keys, float* state, float* second) {
    if (cut_.has_peaks) {
      const float peak = peaks_[keys - 1];
      for (int64_t key = 0; key < keys; ++key) {
        const float factor = between_peaks(peaks_[key], peak);
        float* const features = scratch_ + cut_.keys() + key * cut_.pitch;
        for (int64_t i = 0; factor != 1 && i < cut_.features - 1; ++i) features[i] *= factor;
      }
      for (float* to : {state, second})
        if (to != nullptr) raise_state(cut_, peak, to);
    }
    add_keys(0, keys, state, second);
  }

  /// Adds some of the keys that are loaded, whose reference is that of the state, and also to a
  /// second state if that is not null.
  void add_keys(int64_t begin, int64_t keys, float* state, float* second) {
    const float* const features = scratch_ + cut_.keys() + begin * cut_.pitch;
    const ValueColumns& columns = cut_.columns;
    with_value_vectors(columns, [&]<int kVectors>() {
      for (int64_t t = 0; t < columns.tiles; ++t) {
        const float* const v = values_ + (t * kLinearBlock + begin) * columns.tile();
        for_each_row_group<rows_in_registers(kVectors)>(cut_.rows, [&]<int kRows>(int64_t row) {
          keys_ahead_.prefetch_share();
          values_ahead_.prefetch_share();
          const int64_t at = (t * cut_.rows + row) * columns.tile();
          add_keys_to_tile<kRows, kVectors>(features + row, cut_.pitch, v, keys, state + at,
                                            second == nullptr ? nullptr : second + at);
        });
      }
    });
    const Lanes d;
    for (int64_t i = 0; i < cut_.pitch; i += kLanes) {
      Vec sum = hn::Zero(d);
      for (int64_t first = 0; first < keys; first += kShortSum) {
        Vec some = hn::Zero(d);
        for (int64_t key = first; key < std::min(first + kShortSum, keys); ++key)
          some = hn::Add(some, hn::Load(d, features + key * cut_.pitch + i));
        sum = hn::Add(sum, some);
      }
      for (float* to : {state, second}) {
        if (to == nullptr) continue;
        to += cut_.sums() + i;
        hn::Store(hn::Add(hn::Load(d, to), sum), d, to);
      }
    }
  }

  /// The sums in each lane of query row i's weights of all keys in a state.
  Vec sum_of_weights(int64_t i, const float* state) const {
    const Lanes d;
    const float* const queries = scratch_ + cut_.queries() + i * cut_.pitch;
    Vec sum = hn::Zero(d);
    for (int64_t f = 0; f < cut_.pitch; f += kLanes)
      sum = hn::MulAdd(hn::Load(d, queries + f), hn::Load(d, state + cut_.sums() + f), sum);
    return sum;
  }

  void invert(int64_t i, Vec sum) {
    const float weights = hn::GetLane(hn::SumOfLanes(Lanes(), sum));
    scratch_[cut_.inverse() + i] = 1 / phi_.divisor(weights);
  }

  float* inverse_of(int64_t member) const {
    return inverse_ + (batch_ * p_.heads + head_of(member)) * p_.q_len;
  }
  void keep_inverse(int64_t member, int64_t first, int64_t rows) const {
    if (inverse_ != nullptr)
      std::copy_n(scratch_ + cut_.inverse(), rows, inverse_of(member) + first);
  }

  /// Attends the queries at the positions of a chunk of keys, which is loaded. The keys come in
  /// runs of the same reference, nearly always one. If there are more, a copy of the state takes
  /// the keys of earlier runs.
  void attend_keys(int64_t begin, int64_t keys, float* running) {
    float* state = running;
    for (int64_t first = 0, end; first < keys; first = end) {
      for (end = first + 1; end < keys && (!cut_.has_peaks || peak_reference(peaks_[end]) ==
                                                                  peak_reference(peaks_[first]));)
        ++end;
      if (first == 0 && end < keys) {
        state = this->state(3);
        std::copy_n(running, cut_.state(), state);
      }
      if (cut_.has_peaks) raise_state(cut_, peaks_[end - 1], state);
      attend_run(begin + first, first, end - first, state);
      if (end < keys) add_keys(first, end - first, state, nullptr);
    }
  }

  /// Attends the queries at the positions of keys, the first of which is number `loaded` of those
  /// that are loaded.
  void attend_run(int64_t begin, int64_t loaded, int64_t keys, const float* state) {
    transpose_keys(loaded, keys);
    const int64_t members = p_.heads / p_.kv_heads;
    for (int64_t member = 0; member < members; ++member) {
      const int64_t first = begin - (p_.kv_len - p_.q_len);
      load_queries(member, first, keys, peaks_ + loaded, (member + 1) % members);
      score(keys);
      for (int64_t i = 0; i < keys; ++i) invert(i, hn::Add(sum_of_weights(i, state), mask(i)));
      keep_inverse(member, first, keys);
      multiply(member, first, keys, loaded, keys, state);
    }
  }

  /// The features of a run's keys become columns; keys beyond the last one are copies of it.
  void transpose_keys(int64_t loaded, int64_t keys) {
    const float* rows[kLinearChunk];
    for (int64_t i = 0; i < kLinearChunk; ++i)
      rows[i] = scratch_ + cut_.keys() + (loaded + std::min(i, keys - 1)) * cut_.pitch;
    transpose(rows, kLinearChunk, cut_.rows, 1, scratch_ + cut_.transposed());
  }

  /// The weights of a chunk's keys, also of those behind a query as far as vectors reach.
  void score(int64_t rows) {
    constexpr int64_t kWide = 2 * kLanes;
    for (int64_t key = 0; key < rows; key += kWide) {
      // Queries before the first of these keys see none of them.
      for_each_row_group<rows_in_registers(2)>(rows - key, [&]<int kRows>(int64_t row) {
        score_tile<kRows, kLinearChunkVectors>(
            scratch_ + cut_.queries() + (key + row) * cut_.pitch, cut_.pitch,
            scratch_ + cut_.transposed() + key, cut_.rows,
            scratch_ + cut_.weights() + (key + row) * kLinearChunk + key);
      });
    }
  }

  /// Makes the weights of keys behind query i zero, and returns the sums of the others.
  Vec mask(int64_t i) {
    const Lanes d;
    float* const weights = scratch_ + cut_.weights() + i * kLinearChunk;
    Vec sum = hn::Zero(d);
    for (int64_t key = 0; key < kLinearChunk; key += kLanes) {
      const auto seen =
          hn::FirstN(d, static_cast<size_t>(std::clamp<int64_t>(i + 1 - key, 0, kLanes)));
      const Vec kept = hn::IfThenElseZero(seen, hn::Load(d, weights + key));
      hn::Store(kept, d, weights + key);
      sum = hn::Add(sum, kept);
    }
    return sum;
  }

  /// Computes rows of out from the state and, if `keys` is not 0, from so many keys, the first of
  /// which is number `loaded` of those that are loaded.
  void multiply(int64_t member, int64_t first, int64_t rows, int64_t loaded, int64_t keys,
                const float* state) {
    const ValueColumns& columns = cut_.columns;
    const QueryRows queries{scratch_ + cut_.queries(),
                            cut_.pitch,
                            cut_.rows,
                            scratch_ + cut_.weights(),
                            kLinearChunk,
                            scratch_ + cut_.inverse(),
                            out_.row(batch_, head_of(member), first),
                            p_.head_dim};
    with_value_vectors(columns, [&]<int kVectors>() {
      for (int64_t t = 0; t < columns.tiles; ++t) {
        const int64_t column = t * columns.tile();
        for_each_row_group<rows_in_registers(kVectors)>(rows, [&]<int kRows>(int64_t row) {
          queries_ahead_.prefetch_share();
          multiply_query_tile<kRows, kVectors>(
              queries, row, state + column * cut_.rows,
              values_ + column * kLinearBlock + loaded * columns.tile(),
              std::min(keys, row + kRows), column, p_.head_dim - column);
        });
      }
    });
  }

  const FeatureMap& phi_;
  const Problem& p_;
  const Inputs& in_;
  const Tensor<float>& out_;
  float* const inverse_;  ///< [batch, heads, q_len]; null if the caller does not want it.
  const LinearCut& cut_;
  const int64_t batch_, kv_head_;
  float* const scratch_;
  const float* values_ = nullptr;  ///< Of the keys that are loaded: [tile, key, columns of a tile].
  RowsAhead keys_ahead_, values_ahead_, queries_ahead_;
  float peaks_[kLinearBlock];  ///< Of the keys that are loaded, or of queries without causal.
};

}  // namespace attnbench::kernels
