#pragma once

#include <torch/types.h>

namespace priorseg {

/// Non-maximum suppression of boxes, best score first: a box is dropped where its IoU with a better kept box
/// of the same group is above `max_iou`. Equal scores: the lower index comes first. Agrees with
/// torchvision.ops.batched_nms.
///
/// @param corners  [N,4] float32, CPU.
/// @param scores   [N] float32.
/// @param groups   [N] int64: level or class of each box.
/// @param max_iou  in [0,1].
/// @return         [K] int64 indices of the kept boxes, best score first.
/// @throws Error on a wrong shape or dtype.
torch::Tensor box_nms(const torch::Tensor& corners, const torch::Tensor& scores, const torch::Tensor& groups,
                      double max_iou);

}  // namespace priorseg
