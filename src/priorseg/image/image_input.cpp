#include "priorseg/image/image_input.h"

#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/image_file.h"

namespace priorseg {

LabelMapInput::LabelMapInput(torch::Tensor labels, std::string name)
    : name_(std::move(name)), labels_(std::move(labels)) {
  check_shape(labels_, {std::nullopt, std::nullopt}, name_);
  if (labels_.scalar_type() != torch::kInt32)
    throw Error(name_ + " is of type " + torch::toString(labels_.scalar_type()) + ", expected int32");
  if (labels_.numel() > 0 && labels_.min().item<int32_t>() < 0)
    throw Error(name_ + " holds a negative label, expected 0 = background, one number an object");
}

torch::Tensor LabelMapInput::read() const { return labels_.defined() ? labels_ : read_label_map(file_); }

}  // namespace priorseg
