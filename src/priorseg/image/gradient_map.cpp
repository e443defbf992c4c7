#include "priorseg/image/gradient_map.h"

#include <torch/types.h>

#include <algorithm>
#include <vector>

namespace priorseg {

double gradient_full_scale(const torch::Tensor& magnitude, const GradientOptions& options) {
  if (magnitude.numel() == 0) return 1;
  double reference;
  if (options.quantile >= 1) {
    reference = magnitude.max().item<double>();
  } else {
    const auto flat = magnitude.contiguous().view({-1});
    std::vector<float> values(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
    const auto place = values.begin() +
                       static_cast<std::ptrdiff_t>(options.quantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    reference = *place;
  }
  return std::max({options.truncate * reference, options.floor, 1e-6});
}

}  // namespace priorseg
