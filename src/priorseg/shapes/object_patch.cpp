#include "priorseg/shapes/object_patch.h"

#include <sstream>

#include "priorseg/core/error.h"

namespace priorseg {

torch::Tensor render_patch(Outline outline, int64_t size, double fill, bool antialias) {
  const auto side = static_cast<double>(size);
  const double low = 0.5 * side * (1 - fill);
  fit_to(outline, {low, low, side - low, side - low});
  const torch::Tensor patch = coverage(outline, size, size);
  return antialias ? patch : patch.ge(0.5).to(torch::kFloat32);
}

void check_range(const char* setting, double value, double low, double high) {
  if (value >= low && value <= high) return;
  std::ostringstream text;
  text << setting << " is " << value << ", expected " << low << " to " << high;
  throw Error(text.str());
}

}  // namespace priorseg
