#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>

#include "priorseg/image/image_input.h"

namespace priorseg::python {

/// Grey values [C,H,W] of any strides; not written to.
using PixelArray = nanobind::ndarray<const float, nanobind::ndim<3>, nanobind::device::cpu>;
/// Labels [H,W].
using LabelArray = nanobind::ndarray<const int32_t, nanobind::ndim<2>, nanobind::device::cpu>;

/// An image that shares its pixels with the array, which lives as long.
/// @param quantum  see ImageInfo.
ImageInput image_of(const PixelArray& pixels, double quantum, std::string name);
/// A label map that shares its labels with the array.
torch::Tensor labels_of(const LabelArray& labels);

/// An array of numpy that shares its memory with a tensor on the processor.
nanobind::object numpy_array(const torch::Tensor& tensor);

}  // namespace priorseg::python
