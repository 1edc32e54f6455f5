// Rounds float32 numbers to narrower types and widens them again.
#include "measure/narrow.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <vector>

#include "machine/evict.h"
#include "measure/check_output.h"
#include "record/record.h"

namespace attnbench::measure {
namespace {

/// Quiet NaNs with payloads that no computation yields.
constexpr uint16_t kBf16Poison = 0x7FED, kF16Poison = 0x7EAD;
constexpr float kMostInt8 = 127;

Tensor<const float> shape_of(const Problem& p, int64_t heads, int64_t len) {
  return {nullptr, p.batch, heads, len, p.head_dim};
}

int64_t rows_of(const Tensor<float>& t) {
  return t.batch * t.heads * t.len;
}

/// Calls visit(row) for each row of the tensor, on all threads.
template <class Visit>
void for_each_row(const Tensor<float>& shape, const Visit& visit) {
  const int64_t rows = rows_of(shape);
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows; ++row) visit(row);
}

/// Rounds numbers that share a scale, and returns the scale. All are NaN if the scale is too large.
uint16_t round_group(const float* from, int64_t count, int8_t* to) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::isnan(from[i]) ? from[i] : std::max(largest, std::abs(from[i]));
  const uint16_t scale = f16_from_float(largest / kMostInt8);
  const float unit = float_from_f16(scale);
  for (int64_t i = 0; i < count; ++i) {
    const float steps = unit > 0 && std::isfinite(unit) ? std::nearbyint(from[i] / unit) : 0;
    to[i] = static_cast<int8_t>(std::clamp(steps, -kMostInt8, kMostInt8));
  }
  return scale;
}

/// Takes the mean over the tokens of each head from a tensor.
void take_mean(const Tensor<float>& k) {
#pragma omp parallel for schedule(static)
  for (int64_t head = 0; head < k.batch * k.heads; ++head) {
    float* const rows = k.data + head * k.len * k.dim;
    std::vector<double> mean(static_cast<size_t>(k.dim));
    for (int64_t i = 0; i < k.len * k.dim; ++i)
      mean[static_cast<size_t>(i % k.dim)] += static_cast<double>(rows[i]);
    for (int64_t i = 0; i < k.len * k.dim; ++i)
      rows[i] -=
          static_cast<float>(mean[static_cast<size_t>(i % k.dim)] / static_cast<double>(k.len));
  }
}

/// Says which number of a tensor its type can't hold; empty if it can hold all.
std::string beyond(Type type, const char* name, const Tensor<const float>& wide) {
  const bool scaled = scales_of_row(type, kScaleGroup) > 0;
  const double most = scaled ? kMostInt8 * largest_number(Type::kF16) : largest_number(type);
  if (type == Type::kF32) return {};
  for (int64_t i = 0; i < wide.size(); ++i) {
    const auto x = std::abs(static_cast<double>(wide.data[i]));
    if (x <= most || (!scaled && !std::isfinite(x))) continue;
    char text[160];
    std::snprintf(text, sizeof text, " holds no number beyond %.6g, and %s has %.6g at ", most,
                  name, static_cast<double>(wide.data[i]));
    const Tensor<float> shape{nullptr, wide.batch, wide.heads, wide.len, wide.dim};
    return record::kTypeNames[static_cast<size_t>(type)] + (text + place(shape, i, "position")) +
           ": that is the type's limit, and no fault of the variant";
  }
  return {};
}

}  // namespace

NarrowTensor::NarrowTensor(Type type, const Tensor<const float>& shape, FencedEnd end,
                           record::Pages pages)
    : shape_{nullptr, shape.batch, shape.heads, shape.len, shape.dim, type},
      elements_(static_cast<size_t>(count(shape.size(), element_bytes(type)).value()),
                end == FencedEnd::kFront ? 64 : static_cast<size_t>(element_bytes(type)), end,
                pages),
      scales_(static_cast<size_t>(
                  count(rows_of(shape_), scales_of_row(type, shape.dim), sizeof(uint16_t)).value()),
              end == FencedEnd::kFront ? 64 : alignof(uint16_t), end, pages) {}

Tensor<float> NarrowTensor::tensor() const {
  Tensor<float> t = shape_;
  t.data = reinterpret_cast<float*>(elements_.data());
  t.scales = reinterpret_cast<const uint16_t*>(scales_.data());
  return t;
}

void NarrowTensor::round(const Tensor<const float>& wide) {
  const Type type = shape_.type;
  const int64_t dim = shape_.dim, scales = scales_of_row(type, dim);
  auto* const halves = reinterpret_cast<uint16_t*>(elements_.data());
  auto* const bytes = reinterpret_cast<int8_t*>(elements_.data());
  auto* const scale = reinterpret_cast<uint16_t*>(scales_.data());
  for_each_row(shape_, [&](int64_t row) {
    const float* const from = wide.data + row * dim;
    for (int64_t i = 0; scales == 0 && i < dim; ++i)
      halves[row * dim + i] =
          type == Type::kBf16 ? bf16_from_float(from[i]) : f16_from_float(from[i]);
    for (int64_t s = 0; s < scales; ++s) {
      const int64_t group = dim / scales;
      scale[row * scales + s] = round_group(from + s * group, group, bytes + row * dim + s * group);
    }
  });
}

void NarrowTensor::widen(const Tensor<float>& wide) const {
  const Type type = shape_.type;
  const int64_t dim = shape_.dim, scales = scales_of_row(type, dim);
  const auto* const halves = reinterpret_cast<const uint16_t*>(elements_.data());
  const auto* const bytes = reinterpret_cast<const int8_t*>(elements_.data());
  const auto* const scale = reinterpret_cast<const uint16_t*>(scales_.data());
  for_each_row(shape_, [&](int64_t row) {
    float* const to = wide.data + row * dim;
    for (int64_t i = 0; scales == 0 && i < dim; ++i)
      to[i] = type == Type::kBf16 ? float_from_bf16(halves[row * dim + i])
                                  : float_from_f16(halves[row * dim + i]);
    for (int64_t i = 0; scales > 0 && i < dim; ++i)
      to[i] = static_cast<float>(bytes[row * dim + i]) *
              float_from_f16(scale[row * scales + i / (dim / scales)]);
  });
}

void NarrowTensor::poison() const {
  std::fill_n(reinterpret_cast<uint16_t*>(elements_.data()), elements_.size() / sizeof(uint16_t),
              shape_.type == Type::kBf16 ? kBf16Poison : kF16Poison);
}

void NarrowTensor::fill(std::byte value) const {
  std::fill_n(elements_.data(), elements_.size(), value);
}

std::string NarrowTensor::trespass() const {
  const std::string past = elements_.trespass();
  return past.empty() ? scales_.trespass() : past;
}

void NarrowTensor::evict() const {
  machine::evict({elements_.data(), elements_.size()});
  machine::evict({scales_.data(), scales_.size()});
}

bool is_widened_poison(uint32_t bits) {
  return bits == std::bit_cast<uint32_t>(float_from_bf16(kBf16Poison)) ||
         bits == std::bit_cast<uint32_t>(float_from_f16(kF16Poison));
}

NarrowInputs::NarrowInputs(const Problem& p, FencedEnd end, record::Pages pages) {
  if (p.dtype != Type::kF32) q_.emplace(p.dtype, shape_of(p, p.heads, p.q_len), end, pages);
  if (p.kv_dtype == Type::kF32) return;
  k_.emplace(p.kv_dtype, shape_of(p, p.kv_heads, p.kv_len), end, pages);
  v_.emplace(p.kv_dtype, shape_of(p, p.kv_heads, p.kv_len), end, pages);
}

void NarrowInputs::take(const InputSet::Writable& wide, bool smooth_k) {
  if (smooth_k) take_mean(wide.k);
  const auto take = [](std::optional<NarrowTensor>& narrow, const Tensor<float>& numbers) {
    if (!narrow) return;
    narrow->round(read_only(numbers));
    narrow->widen(numbers);
  };
  take(q_, wide.q);
  take(k_, wide.k);
  take(v_, wide.v);
}

Inputs NarrowInputs::view(const Inputs& wide) const {
  Inputs in = wide;
  const auto narrow = [](const std::optional<NarrowTensor>& tensor, Tensor<const float>& to) {
    if (!tensor) return;
    const Tensor<float> t = tensor->tensor();
    to = {t.data, t.batch, t.heads, t.len, t.dim, t.type, t.scales};
  };
  narrow(q_, in.q);
  narrow(k_, in.k);
  narrow(v_, in.v);
  return in;
}

std::string NarrowInputs::trespass() const {
  for (const auto* tensor : {&q_, &k_, &v_})
    if (const std::string past = *tensor ? (*tensor)->trespass() : ""; !past.empty()) return past;
  return {};
}

void NarrowInputs::evict() const {
  for (const auto* tensor : {&q_, &k_, &v_})
    if (*tensor) (*tensor)->evict();
}

std::string beyond_types(const Problem& p, const Inputs& wide) {
  std::string words = beyond(p.dtype, "q", wide.q);
  if (words.empty()) words = beyond(p.kv_dtype, "k", wide.k);
  return words.empty() ? beyond(p.kv_dtype, "v", wide.v) : words;
}

}  // namespace attnbench::measure
