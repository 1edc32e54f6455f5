// One thread's work on one key head, for the backward pass of linear attention.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/linear_backward_chunk.h"

namespace attnbench::kernels {

/// One thread at one key head.
class LinearBackwardWorker {
 public:
  LinearBackwardWorker(const Problem& p, const LinearBackwardCut& cut,
                       const LinearBackwardChunk& chunk, float* states)
      : p_(p), cut_(cut), chunk_(chunk), states_(states) {}

  float* state(int which) const { return states_ + which * cut_.state(); }
  float* cleared(int which) const {
    std::fill_n(state(which), cut_.state(), 0.0f);
    return state(which);
  }

  /// Adds the keys of a segment to `sum`, with causal in the same steps in which walk_forward()
  /// does.
  void sum_keys(int64_t segment, float* sum) const {
    walk(segment, false, [&](int64_t begin, int64_t keys, bool) {
      chunk_.load_keys(begin, keys);
      chunk_.tile_keys(keys);
      chunk_.add_keys(keys, sum, nullptr);
    });
  }

  /// The same for queries, and walk_back(). Without causal it also writes the gradients of the
  /// queries by `keys`, the sum of all keys, if that is not null.
  void sum_queries(int64_t segment, float* sum, const float* keys = nullptr) const {
    const auto add = [&](int64_t member, int64_t first, int64_t rows) {
      chunk_.load_queries(member, first, rows);
      chunk_.tile_queries(rows);
      chunk_.add_queries(rows, sum, nullptr);
      if (keys != nullptr) chunk_.write_queries(member, first, rows, keys, false);
    };
    if (p_.causal)
      return walk(segment, true, [&](int64_t begin, int64_t count, bool attended) {
        for (int64_t member = 0; attended && member < cut_.group; ++member)
          add(member, query_at(begin), count);
      });
    const int64_t begin = segment * cut_.query_segments.keys;
    const int64_t end = std::min(begin + cut_.query_segments.keys, p_.q_len);
    for (int64_t member = 0; member < cut_.group; ++member)
      for (int64_t row = begin; row < end; row += kLinearBlock)
        add(member, row, std::min(kLinearBlock, end - row));
  }

  /// With causal: writes the gradients of a segment's queries. `running` is the sum of the keys
  /// before it, and is used up. Adds the segment's keys to `sum` too, if that is not null.
  void walk_forward(int64_t segment, float* running, float* sum) const {
    walk(segment, false, [&](int64_t begin, int64_t keys, bool attended) {
      chunk_.load_keys(begin, keys);
      chunk_.tile_keys(keys);
      if (attended) chunk_.prepare_pairs(keys);
      for (int64_t member = 0; attended && member < cut_.group; ++member) {
        chunk_.load_queries(member, query_at(begin), keys);
        chunk_.write_queries(member, query_at(begin), keys, running, true);
      }
      if (begin + keys < p_.kv_len) chunk_.add_keys(keys, running, sum);
    });
  }

  /// With causal: writes the gradients of a segment's keys and values. `running` is the sum of the
  /// queries behind it, and is used up. Adds the segment's queries to `sum` too, if that is not
  /// null.
  void walk_back(int64_t segment, float* running, float* sum) const {
    walk(segment, true, [&](int64_t begin, int64_t keys, bool attended) {
      chunk_.load_keys(begin, keys);
      if (attended) chunk_.prepare_pairs(keys);
      chunk_.start_keys(keys, running);
      for (int64_t member = 0; attended && member < cut_.group; ++member) {
        chunk_.load_queries(member, query_at(begin), keys);
        chunk_.tile_queries(keys);
        chunk_.add_pairs(keys);
        if (begin > 0) chunk_.add_queries(keys, running, sum);
      }
      chunk_.write_keys(begin, keys);
    });
  }

  /// Without causal: writes the gradients of a block of queries, counted through all members.
  void write_queries(int64_t block, const float* sum) const {
    const int64_t blocks = divide_up(p_.q_len, kLinearBlock), member = block / blocks;
    const int64_t row = block % blocks * kLinearBlock;
    const int64_t rows = std::min(kLinearBlock, p_.q_len - row);
    chunk_.load_queries(member, row, rows);
    chunk_.write_queries(member, row, rows, sum, false);
  }

  /// Without causal: writes the gradients of a block of keys and values.
  void write_keys(int64_t block, const float* sum) const {
    const int64_t begin = block * kLinearBlock, end = std::min(begin + kLinearBlock, p_.kv_len);
    for (int64_t key = begin; key < end; key += kBackwardChunk) {
      const int64_t keys = std::min(kBackwardChunk, end - key);
      chunk_.load_keys(key, keys);
      chunk_.start_keys(keys, sum);
      chunk_.write_keys(key, keys);
    }
  }

  /// With causal: zeros for queries before the first key.
  void clear_blind_rows() const {
    if (p_.causal) chunk_.clear_queries(std::max<int64_t>(p_.q_len - p_.kv_len, 0));
  }

 private:
  int64_t query_at(int64_t position) const { return position - (p_.kv_len - p_.q_len); }

  /// Calls step(begin, keys, whether queries stand there) for parts of a segment's keys: chunks, or
  /// blocks on the way forward if no queries stand there.
  template <class Step>
  void walk(int64_t segment, bool back, const Step& step) const {
    const int64_t begin = segment * cut_.key_segments.keys;
    const int64_t end = std::min(begin + cut_.key_segments.keys, p_.kv_len);
    const int64_t attended = std::clamp(cut_.attended, begin, end);
    const int64_t size = back ? kBackwardChunk : kLinearBlock;
    const int64_t before = divide_up(attended - begin, size);
    const int64_t parts = before + divide_up(end - attended, kBackwardChunk);
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t part = back ? parts - 1 - i : i;
      if (part < before) {
        const int64_t key = begin + part * size;
        step(key, std::min(size, attended - key), false);
      } else {
        const int64_t key = attended + (part - before) * kBackwardChunk;
        step(key, std::min(kBackwardChunk, end - key), true);
      }
    }
  }

  const Problem& p_;
  const LinearBackwardCut& cut_;
  const LinearBackwardChunk chunk_;
  float* const states_;
};

}  // namespace attnbench::kernels
