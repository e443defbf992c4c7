#pragma once

#include <torch/types.h>

#include <vector>

#include "priorseg/core/random.h"

namespace priorseg {

/// How mask patches are cut from label maps and augmented (paper: rotation in steps of 30 degrees and elastic
/// deformation of the masks of one annotated image).
struct MaskPatchOptions {
  int64_t patch_size = 32;          ///< px
  double fill = 0.7;                ///< share of the patch side that the object's bounding box takes
  double rotation_step = 30.0;      ///< degrees; 0 = no rotation
  double elastic = 0.04;            ///< amplitude as a share of the object's size, 0 = none
  bool mirror = true;               ///< also mirrored
  bool antialias = true;            ///< grey border pixels by coverage; false: binary masks
  int64_t min_area = 16;            ///< px in the label map; smaller objects are skipped
  bool skip_border_objects = true;  ///< objects cut by the image border have no whole outline

  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("patch_size", patch_size, "side of a mask patch in px, 8 to 128");
    v("fill", fill, "share of the patch side that an object's bounding box takes, 0.3 to 0.95");
    v("rotation_step", rotation_step, "rotations of the masks in steps of so many degrees, 0 = none");
    v("elastic", elastic, "amplitude of the elastic deformation as a share of the object's size, 0 to 0.3");
    v("mirror", mirror, "also use mirrored masks");
    v("antialias", antialias, "grey border pixels by coverage; false: binary masks");
    v("min_area", min_area, "objects of fewer px are skipped");
    v("skip_border_objects", skip_border_objects, "skip objects cut by the image border");
  }
};

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
/// @throws Error if there is no object, or from validate().
torch::Tensor draw_mask_patches(const ObjectMasks& objects, int64_t count, const MaskPatchOptions& options,
                                Random& random);

}  // namespace priorseg
