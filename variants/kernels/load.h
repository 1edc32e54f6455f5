// How vectors of each element type are loaded: as float32, whatever the type.
#pragma once

#include <cstdint>

#include "attnbench/types.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// Whether the CPU converts vectors of f16. Highway's own code knows no infinity and no NaN, and it
/// rounds down.
inline constexpr bool kConvertsF16 = !HWY_ARCH_X86 || HWY_TARGET <= HWY_AVX2;

// What a type's loads have in common: load() widens as many elements as d has lanes, without their
// scale, and kElementsOfScale elements of a row share one: 0 if there are no scales, and kWholeRow
// if all of a row share it.
inline constexpr int64_t kWholeRow = -1;

struct Float32 {
  using Element = float;
  static constexpr int64_t kElementsOfScale = 0;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const Element* from) {
    return hn::LoadU(d, from);
  }
};

struct Bfloat16 {
  using Element = uint16_t;
  static constexpr int64_t kElementsOfScale = 0;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const Element* from) {
    const hn::RebindToUnsigned<D> bits;
    const hn::Rebind<Element, D> narrow;
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(narrow, from))));
  }
};

struct Float16 {
  using Element = uint16_t;
  static constexpr int64_t kElementsOfScale = 0;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const Element* from) {
    const hn::Rebind<Element, D> bits;
    const hn::Rebind<hwy::float16_t, D> narrow;
    return hn::PromoteTo(d, hn::BitCast(narrow, hn::LoadU(bits, from)));
  }
};

struct Int8 {
  using Element = int8_t;
  static constexpr int64_t kElementsOfScale = kWholeRow;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const Element* from) {
    const hn::RebindToSigned<D> whole;
    const hn::Rebind<Element, D> narrow;
    return hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(narrow, from)));
  }
};

struct Q8_0 : Int8 {
  static constexpr int64_t kElementsOfScale = kScaleGroup;
};

}  // namespace attnbench::kernels
