#pragma once

#include <cstdint>

#include "priorseg/core/option_range.h"

namespace priorseg {

/// How mask patches are cut from label maps and augmented (paper: rotation in steps of 30 degrees and elastic
/// deformation of the masks of one annotated image).
struct MaskPatchOptions {
  int64_t patch_size = 32;      ///< px
  double fill = 0.7;            ///< share of the patch side that the object's bounding box takes
  double rotation_step = 30.0;  ///< degrees; 0 = no rotation
  double elastic = 0.04;        ///< amplitude as a share of the object's size, 0 = none
  bool mirror = true;           ///< also mirrored
  bool antialias = true;        ///< grey border pixels by coverage; false: binary masks
  double min_width = 0;         ///< parts narrower than this share of an object's width are cut off: tails
  int64_t min_area = 16;        ///< px in the label map; smaller objects are skipped
  bool skip_border_objects = true;  ///< objects cut by the image border have no whole outline

  template <class Visitor>
  void visit(Visitor& v) {
    v("patch_size", patch_size, between(8, 128), "side of a mask patch in px");
    v("fill", fill, between(0.3, 1), "share of the patch side that an object's bounding box takes");
    v("rotation_step", rotation_step, between(0, 360),
      "rotations of the masks in steps of so many degrees, 0 = none");
    v("elastic", elastic, between(0, 0.3),
      "amplitude of the elastic deformation as a share of the object's size");
    v("mirror", mirror, "also use mirrored masks");
    v("antialias", antialias, "grey border pixels by coverage; false: binary masks");
    v("min_width", min_width, between(0, 0.9),
      "parts of an object that are narrower than this share of its width, its tails, are cut off; 0 = none");
    v("min_area", min_area, between(1, 1e9), "objects of fewer px are skipped");
    v("skip_border_objects", skip_border_objects, "skip objects cut by the image border");
  }
};

}  // namespace priorseg
