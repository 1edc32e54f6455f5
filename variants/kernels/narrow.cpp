// Widens rows of bf16, f16, int8 and q8_0 to float32, and rounds float32 to bf16 and f16.
#include "kernels/narrow.h"

#include "kernels/load.h"
#include "kernels/simd.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Widens `count` neighbouring elements, without scales.
template <class Load>
void widen_elements(const typename Load::Element* from, int64_t count, float* to) {
  for_each_vector(count,
                  [&](auto d, int64_t i) { hn::StoreU(Load::load(d, from + i), d, to + i); });
}

void widen_f16(const uint16_t* from, int64_t count, float* to) {
  if constexpr (kConvertsF16) {
    widen_elements<Float16>(from, count, to);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = float_from_f16(from[i]);
  }
}

void widen_int8(const int8_t* from, float scale, int64_t count, float* to) {
  for_each_vector(count, [&](auto d, int64_t i) {
    hn::StoreU(hn::Mul(Int8::load(d, from + i), hn::Set(d, scale)), d, to + i);
  });
}

/// The upper halves of the bits, rounded.
template <class D>
HWY_INLINE void store_bf16(D, hn::Vec<D> x, uint16_t* to) {
  const hn::RebindToUnsigned<D> whole;
  const hn::RebindToSigned<D> number;
  const hn::Rebind<uint16_t, D> narrow;
  const auto bits = hn::BitCast(whole, x);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto odd = hn::And(upper, hn::Set(whole, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(whole, 0x7FFF))));
  const auto nan = hn::Or(upper, hn::Set(whole, 0x40));
  const auto chosen = hn::IfThenElse(hn::RebindMask(whole, hn::IsNaN(x)), nan, rounded);
  hn::StoreU(hn::DemoteTo(narrow, hn::BitCast(number, chosen)), narrow, to);
}

void round_to_bf16(const float* from, int64_t count, uint16_t* to) {
  for_each_vector(count, [&](auto d, int64_t i) { store_bf16(d, hn::LoadU(d, from + i), to + i); });
}

void round_to_f16(const float* from, int64_t count, uint16_t* to) {
  if constexpr (kConvertsF16) {
    for_each_vector(count, [&](auto d, int64_t i) {
      const hn::Rebind<hwy::float16_t, decltype(d)> narrow;
      hn::StoreU(hn::DemoteTo(narrow, hn::LoadU(d, from + i)), narrow,
                 reinterpret_cast<hwy::float16_t*>(to + i));
    });
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = f16_from_float(from[i]);
  }
}

}  // namespace

void HeadRows::widen(int64_t i, int64_t step, int64_t count, float* to) const {
  const int64_t dim = tensor_.dim;
  const Type type = tensor_.type;
  // Neighbouring rows without scales are one long row.
  const bool as_one = step == 1 && scales_of_row(type, dim) == 0;
  const int64_t length = as_one ? count * dim : dim;
  for (int64_t row = 0; row < (as_one ? 1 : count); ++row, i += step, to += dim) {
    switch (type) {
      case Type::kF32:
        break;
      case Type::kBf16:
        widen_elements<Bfloat16>(tensor_.row_as<uint16_t>(batch_, head_, i), length, to);
        break;
      case Type::kF16:
        widen_f16(tensor_.row_as<uint16_t>(batch_, head_, i), length, to);
        break;
      case Type::kInt8:
        widen_int8(tensor_.row_as<int8_t>(batch_, head_, i),
                   float_from_f16(*tensor_.row_scales(batch_, head_, i)), dim, to);
        break;
      case Type::kQ8_0: {
        const int8_t* const from = tensor_.row_as<int8_t>(batch_, head_, i);
        const uint16_t* const scales = tensor_.row_scales(batch_, head_, i);
        for (int64_t at = 0; at < dim; at += kScaleGroup) {
          widen_int8(from + at, float_from_f16(scales[at / kScaleGroup]), kScaleGroup, to + at);
        }
        break;
      }
    }
  }
}

void round_row(const float* row, const Tensor<float>& out, int64_t batch, int64_t head, int64_t i) {
  uint16_t* const to = out.row_as<uint16_t>(batch, head, i);
  if (out.type == Type::kBf16) {
    round_to_bf16(row, out.dim, to);
  } else {
    round_to_f16(row, out.dim, to);
  }
}

}  // namespace attnbench::kernels
