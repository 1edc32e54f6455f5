// The types that a tensor's elements can have: their sizes, their limits, and how they become
// float32 and back.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "attnbench/count.h"

namespace attnbench {

enum class Type : int32_t {
  kF32,   ///< float32
  kBf16,  ///< The upper half of a float32, as uint16_t: 8 bits of precision, float32's range.
  kF16,   ///< IEEE binary16, as uint16_t: 11 bits of precision, numbers up to 65504.
  kInt8,  ///< int8_t times a scale, one for each row.
  kQ8_0,  ///< int8_t times a scale, one for each kScaleGroup elements of a row, as in llama.cpp.
};

/// Elements that share a scale in Type::kQ8_0; head_dim is a multiple of it.
inline constexpr int64_t kScaleGroup = 32;

/// Bytes of an element, without its scale.
constexpr int64_t element_bytes(Type type) {
  switch (type) {
    case Type::kF32:
      return 4;
    case Type::kBf16:
    case Type::kF16:
      return 2;
    case Type::kInt8:
    case Type::kQ8_0:
      return 1;
  }
  return 0;
}

/// Scales of a row of `dim` elements. Each is a binary16, so that an int8_t times its scale is a
/// float32 exactly.
constexpr int64_t scales_of_row(Type type, int64_t dim) {
  if (type == Type::kInt8) return 1;
  return type == Type::kQ8_0 ? dim / kScaleGroup : 0;
}

/// Bytes of a row of `dim` elements with its scales.
constexpr int64_t row_bytes(Type type, int64_t dim) {
  return element_bytes(type) * dim +
         scales_of_row(type, dim) * static_cast<int64_t>(sizeof(uint16_t));
}

/// Half the distance of neighbouring numbers near 1: how far rounding to the type is off, relative
/// to the number. 0 for float32, whose rounding counts with that of the arithmetic; and for the
/// types that nothing is rounded to while attention is computed.
constexpr double unit_roundoff(Type type) {
  if (type == Type::kBf16) return 0x1p-8;
  return type == Type::kF16 ? 0x1p-11 : 0;
}

/// The largest finite number of a floating-point type.
constexpr double largest_number(Type type) {
  if (type == Type::kF16) return 65504;
  return type == Type::kBf16 ? 0x1.FEp127 : 0x1.FFFFFEp127;
}

inline float float_from_bf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// Rounds to the nearest, ties to even. NaN stays NaN.
inline uint16_t bf16_from_float(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

inline float float_from_f16(uint16_t bits) {
  const uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7FFFu;
  if (magnitude >= 0x7C00u)  // Infinity and NaN.
    return std::bit_cast<float>(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  if (magnitude < 0x400u) {  // Zero, and numbers of less precision.
    const float number = static_cast<float>(magnitude) * 0x1p-24f;
    return sign != 0 ? -number : number;
  }
  return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
}

/// Rounds to the nearest, ties to even; what is beyond the type becomes infinity. NaN stays NaN.
inline uint16_t f16_from_float(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);
  if (magnitude >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);  // From 65520 on.
  if (magnitude < 0x38800000u) {  // Below 2^-14: a multiple of 2^-24, which adding 0.5 rounds to.
    const float rounded = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(rounded) - 0x3F000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<uint16_t>(sign | ((magnitude - (112u << 23) + 0xFFFu + odd) >> 13));
}

}  // namespace attnbench
