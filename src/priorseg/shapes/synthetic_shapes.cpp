#include "priorseg/shapes/synthetic_shapes.h"

#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/range_check.h"
#include "priorseg/shapes/object_patch.h"
#include "priorseg/shapes/outline_families.h"

namespace priorseg {
void SyntheticShapeOptions::validate() const {
  check_range("patch_size", static_cast<double>(patch_size), 8, 128);
  check_range("fill", fill, 0.3, 0.95);
  check_range("max_axis_ratio", max_axis_ratio, 1, 10);
  check_range("elastic", elastic, 0, 0.3);
  constexpr double kMaxFrequency = 1e6;
  check_range("ellipses", ellipses, 0, kMaxFrequency);
  check_range("rods", rods, 0, kMaxFrequency);
  check_range("spindles", spindles, 0, kMaxFrequency);
  check_range("contours", contours, 0, kMaxFrequency);
  if (ellipses + rods + spindles + contours <= 0) {
    throw Error("ellipses, rods, spindles and contours are all 0, expected at least one family above 0");
  }
}

torch::Tensor draw_synthetic_masks(int64_t count, const SyntheticShapeOptions& options, Random& random) {
  options.validate();
  if (count < 0) throw Error("count of masks is " + std::to_string(count) + ", expected 0 or more");
  const FamilyFrequencies frequencies{options.ellipses, options.rods, options.spindles, options.contours};
  torch::Tensor masks = torch::empty({count, 1, options.patch_size, options.patch_size}, torch::kFloat32);
  for (int64_t i = 0; i < count; ++i) {
    Outline outline = draw_outline(frequencies, {1, options.max_axis_ratio}, random);
    deform(outline, options.elastic, random);
    masks.select(0, i).select(0, 0).copy_(
        render_patch(std::move(outline), options.patch_size, options.fill, options.antialias));
  }
  return masks;
}

}  // namespace priorseg
