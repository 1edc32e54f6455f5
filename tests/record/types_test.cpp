// Tests of the types of elements: each number of bf16 and f16, and what rounds to it.
#include "attnbench/types.h"

#include <cmath>
#include <limits>

#include "catch.h"

namespace attnbench {
namespace {

/// The numbers of a type of 16 bits, from 0 to infinity, by their bits.
struct Half {
  float (*widen)(uint16_t);
  uint16_t (*round)(float);
  uint16_t infinity;
};
constexpr Half kHalves[] = {{float_from_bf16, bf16_from_float, 0x7F80},
                            {float_from_f16, f16_from_float, 0x7C00}};

TEST_CASE("Each number of bf16 and f16 becomes a float32 and itself again") {
  for (const Half& half : kHalves)
    for (uint32_t bits = 0; bits <= half.infinity; ++bits)
      for (const uint32_t sign : {0u, 0x8000u}) {
        const auto all = static_cast<uint16_t>(bits | sign);
        REQUIRE(half.round(half.widen(all)) == all);
        REQUIRE(std::signbit(half.widen(all)) == (sign != 0));
      }
  CHECK(float_from_bf16(0x3F80) == 1.0f);
  CHECK(float_from_f16(0x3C00) == 1.0f);
  CHECK(float_from_f16(0x0001) == 0x1p-24f);
  CHECK(float_from_f16(0x7BFF) == 65504.0f);
  CHECK(std::isinf(float_from_f16(0x7C00)));
}

TEST_CASE(
    "What is between two numbers of bf16 or f16 rounds to the nearer, a middle to the even one") {
  for (const Half& half : kHalves)
    for (uint32_t bits = 0; bits + 1 < half.infinity; ++bits) {
      const auto below = static_cast<uint16_t>(bits), above = static_cast<uint16_t>(bits + 1);
      // Exact in double; in float32 too, but for the smallest numbers of bf16.
      const double middle =
          (static_cast<double>(half.widen(below)) + static_cast<double>(half.widen(above))) / 2;
      const auto tie = static_cast<float>(middle);
      if (static_cast<double>(tie) != middle) continue;
      REQUIRE(half.round(tie) == (bits % 2 == 0 ? below : above));
      REQUIRE(half.round(std::nextafter(tie, 0.0f)) == below);
      REQUIRE(half.round(std::nextafter(tie, HUGE_VALF)) == above);
      REQUIRE(half.round(-tie) == (0x8000 | (bits % 2 == 0 ? below : above)));
    }
}

TEST_CASE("What f16 can't hold becomes infinite from 65520 on, and NaN stays NaN") {
  CHECK(f16_from_float(65519.99f) == 0x7BFF);
  CHECK(f16_from_float(65520.0f) == 0x7C00);
  CHECK(f16_from_float(-1e30f) == 0xFC00);
  CHECK(bf16_from_float(std::numeric_limits<float>::max()) == 0x7F80);
  for (const Half& half : kHalves)
    for (const float nan : {std::numeric_limits<float>::quiet_NaN(), -NAN,
                            std::bit_cast<float>(0x7F800001u), std::bit_cast<float>(0x7FFFFFFFu)})
      CHECK(std::isnan(half.widen(half.round(nan))));
}

TEST_CASE("A type's roundoff is the most by which a number near 1 moves") {
  CHECK(static_cast<double>(float_from_bf16(bf16_from_float(1 + 0x1p-8f))) == 1);
  CHECK(float_from_bf16(bf16_from_float(1 + 0x1.1p-8f)) > 1);
  CHECK(unit_roundoff(Type::kBf16) == 0x1p-8);
  CHECK(float_from_f16(f16_from_float(1 + 0x1p-11f)) == 1);
  CHECK(float_from_f16(f16_from_float(1 + 0x1.1p-11f)) > 1);
  CHECK(unit_roundoff(Type::kF16) == 0x1p-11);
}

TEST_CASE("A row's bytes are its elements and their scales") {
  CHECK(row_bytes(Type::kF32, 64) == 256);
  CHECK(row_bytes(Type::kBf16, 64) == 128);
  CHECK(row_bytes(Type::kF16, 64) == 128);
  CHECK(row_bytes(Type::kInt8, 64) == 66);
  CHECK(row_bytes(Type::kQ8_0, 64) == 68);
}

}  // namespace
}  // namespace attnbench
