#include "priorseg/shapes/synthetic_shapes.h"

#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/shapes/object_patch.h"
#include "priorseg/shapes/outline_families.h"

namespace priorseg {

torch::Tensor draw_synthetic_masks(int64_t count, const SyntheticShapeOptions& options, Random& random) {
  check_options(options, "shapes.");
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
