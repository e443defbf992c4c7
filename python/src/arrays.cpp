#include "arrays.h"

#include <torch/types.h>

#include <memory>
#include <vector>

namespace priorseg::python {
namespace nb = nanobind;
namespace {

/// A tensor over the memory of an array, which it keeps alive. LibTorch may drop it on any thread.
template <class Array>
torch::Tensor tensor_over(const Array& array, torch::ScalarType dtype) {
  std::vector<int64_t> shape, strides;
  for (size_t i = 0; i < array.ndim(); ++i) {
    shape.push_back(static_cast<int64_t>(array.shape(i)));
    strides.push_back(array.stride(i));
  }
  auto* kept = new Array(array);
  const auto release = [kept](void*) {
    const nb::gil_scoped_acquire held;
    delete kept;
  };
  // LibTorch knows no tensors that cannot be written to; nobody writes to an input.
  auto* values = const_cast<void*>(static_cast<const void*>(array.data()));
  return torch::from_blob(values, shape, strides, release, torch::dtype(dtype));
}

template <class Value>
nb::object numpy_view(const torch::Tensor& tensor) {
  auto* kept = new torch::Tensor(tensor.contiguous());
  const nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<torch::Tensor*>(pointer); });
  const std::vector<size_t> shape(kept->sizes().begin(), kept->sizes().end());
  return nb::cast(nb::ndarray<nb::numpy, Value>(kept->data_ptr(), shape.size(), shape.data(), owner));
}

}  // namespace

ImageInput image_of(const PixelArray& pixels, double quantum, std::string name) {
  return {Image(tensor_over(pixels, torch::kFloat32), quantum), std::move(name)};
}

torch::Tensor labels_of(const LabelArray& labels) { return tensor_over(labels, torch::kInt32); }

nb::object numpy_array(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kInt32:
      return numpy_view<int32_t>(tensor);
    case torch::kFloat64:
      return numpy_view<double>(tensor);
    default:
      return numpy_view<float>(tensor.to(torch::kFloat32));
  }
}

}  // namespace priorseg::python
