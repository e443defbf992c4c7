#pragma once

#include <cstdint>
#include <string>

#include "priorseg/core/option_range.h"
#include "priorseg/detector/options.h"
#include "priorseg/prior/prior_options.h"
#include "priorseg/shapes/mask_patch_options.h"
#include "priorseg/shapes/synthetic_shape_options.h"

namespace priorseg {

/// Every setting of a whole job, from raw images to outlines: settings.json, --config and --set speak of
/// these.
struct Settings {
  std::string preset = "default";
  uint64_t seed = 1;
  int64_t prior_masks = 4000;    ///< masks drawn to train a prior
  double synthetic_objects = 0;  ///< what synthetic shapes count for beside n annotated objects: of the masks
                                 ///< that a prior is learned from they are synthetic / (synthetic + n)
  bool calibrate = false;        ///< annotated images choose the level at which masks are cut
  std::string save = "labels,overlay,csv";  ///< forms in which objects are written (parse_further_forms)
  SyntheticShapeOptions shapes;
  MaskPatchOptions mask_patches;
  PriorOptions prior;
  DetectorOptions detector;

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;
  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("preset", preset, "the preset these settings started from");
    v("seed", seed, at_least(0), "seed of every random choice");
    v("prior_masks", prior_masks, at_least(1), "masks drawn to train a prior");
    v("synthetic_objects", synthetic_objects, between(0, 1e6),
      "'prior learn' draws synthetic shapes, too, as if so many had been annotated; 0 = none");
    v("calibrate", calibrate,
      "'run --learn-prior' chooses detector.inference.mask_threshold so that outlines fit the annotated "
      "ones");
    v("save", save,
      "forms in which 'run' writes objects, with commas between them: labels, overlay and csv always, and "
      "rois, geojson, coco, ctc, cellpose");
    v("shapes", shapes, "synthetic shapes");
    v("mask_patches", mask_patches, "augmentation of 'prior learn'");
    v("prior", prior, "shape prior");
    v("detector", detector, "detector");
  }
};

/// "default": the best that was measured; "paper": Chen et al. 2020 to the letter where it speaks
/// (docs/developer/method.md tells what its silent choices were filled with).
/// @throws Error on another name.
Settings make_settings(const std::string& preset);

}  // namespace priorseg
