#pragma once

#include <torch/types.h>

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/shapes/mask_patch_options.h"

namespace priorseg {

/// One mask for every usable object of a label map, cut out at its own resolution: the input of
/// augment_masks.
struct ObjectMasks {
  std::vector<torch::Tensor> masks;  ///< each [h,w] uint8, 0 or 1, cut to the object's tight bounding box
};

/// Cuts the objects out of a label map. Each label value is one object; only its largest connected part
/// counts.
///
/// @param labels  [H,W] int32, 0 = background.
ObjectMasks cut_object_masks(const torch::Tensor& labels, const MaskPatchOptions& options);

/// Draws `count` patches: a random object, rotated by a random multiple of rotation_step, mirrored,
/// elastically deformed, and scaled so that its tight bounding box fills the middle of the patch.
///
/// @return [count,1,S,S] float32 in [0,1].
/// @throws Error if there is no object, or where an option is out of range.
torch::Tensor draw_mask_patches(const ObjectMasks& objects, int64_t count, const MaskPatchOptions& options,
                                Random& random);

}  // namespace priorseg
