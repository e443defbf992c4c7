#pragma once

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/core/tensor.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/maskrcnn/true_objects.h"

namespace priorseg {

/// An image with its label map, as the network sees them.
struct AnnotatedImage {
  torch::Tensor mapped;  ///< [h,w] float32 in [0,1]
  torch::Tensor labels;  ///< [h,w] int32, 0 = background
};

/// Rescales and maps an image and rescales its label map by the nearest pixel.
///
/// @param labels  [H,W] int32
/// @throws Error where the sizes differ.
AnnotatedImage prepare_annotated(const MaskRcnn& model, const Image& image, const torch::Tensor& labels);

/// A crop with the objects in it.
struct TrainingSample {
  torch::Tensor image;  ///< [1,h,w] float32 in [0,1]
  TrueObjects truth;    ///< objects of which less than `least_area` px show are left out
};

/// The objects of a label map: one mask a label, in the order of the labels.
TrueObjects objects_of_labels(const torch::Tensor& labels, int64_t least_area);

/// A crop of random place, options.training.crop_size px a side, or the image where it is smaller. Places
/// without an object are drawn again a few times.
/// @param augment  mirror it and turn it by multiples of 90 degrees.
TrainingSample draw_sample(const AnnotatedImage& image, const MaskRcnnOptions& options, bool augment,
                           Random& random);

}  // namespace priorseg
