// Samples and runs made up for the tests of the analysis.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "analyze/growth.h"
#include "analyze/resample.h"

namespace attnbench::analyze {

/// A standard normal number, by Box and Muller. Machines may differ in its last bits.
inline double normal(Random& random) {
  const auto uniform = [&] { return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(6.283185307179586 * uniform());
}

/// Samples of law(n) at each size, each off by a factor of about `noise`.
struct Synthetic {
  std::vector<int64_t> seq_lens;
  std::vector<std::vector<double>> samples;  ///< Sorted.
  std::vector<std::vector<double>> draws;

  Synthetic(std::vector<int64_t> sizes, const std::function<double(double)>& law, double noise = 0,
            uint64_t seed = 1, int rounds = 9, double size_noise = 0)
      : seq_lens(std::move(sizes)) {
    Random random(seed);
    for (const int64_t n : seq_lens) {
      const double off = std::exp(size_noise * normal(random));
      std::vector<double> values;
      for (int r = 0; r < rounds; ++r)
        values.push_back(law(static_cast<double>(n)) * off * std::exp(noise * normal(random)));
      samples.push_back(sorted_copy(values));
      draws.push_back(resampled_medians(samples.back(), random.next()));
    }
  }

  std::vector<SizeValue> sizes() const {
    std::vector<SizeValue> out;
    for (size_t i = 0; i < seq_lens.size(); ++i)
      out.push_back({seq_lens[i], quantile(samples[i], 0.5), draws[i]});
    return out;
  }
};

}  // namespace attnbench::analyze
