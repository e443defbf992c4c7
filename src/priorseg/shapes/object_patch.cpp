#include "priorseg/shapes/object_patch.h"

namespace priorseg {

torch::Tensor render_patch(Outline outline, int64_t size, double fill, bool antialias) {
  const auto side = static_cast<double>(size);
  const double low = 0.5 * side * (1 - fill);
  fit_to(outline, {low, low, side - low, side - low});
  const torch::Tensor patch = coverage(outline, size, size);
  return antialias ? patch : patch.ge(0.5).to(torch::kFloat32);
}

}  // namespace priorseg
