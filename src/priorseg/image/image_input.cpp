#include "priorseg/image/image_input.h"

#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/image_file.h"

namespace priorseg {

ImageInput ImageInput::with_planes(PlaneChoice planes) const {
  ImageInput same = *this;
  same.planes_ = std::move(planes);
  return same;
}

std::vector<ImageInput> with_planes(const std::vector<ImageInput>& images, const PlaneChoice& planes) {
  std::vector<ImageInput> chosen;
  for (const auto& image : images) chosen.push_back(image.with_planes(planes));
  return chosen;
}

LabelMapInput::LabelMapInput(torch::Tensor labels, std::string name)
    : name_(std::move(name)), labels_(std::move(labels)) {
  check_shape(labels_, {std::nullopt, std::nullopt}, name_);
  if (labels_.scalar_type() != torch::kInt32)
    throw Error(name_ + " is of type " + torch::toString(labels_.scalar_type()) + ", expected int32");
  if (labels_.numel() > 0 && labels_.min().item<int32_t>() < 0)
    throw Error(name_ + " holds a negative label, expected 0 = background, one number an object");
}

std::string LabelMapInput::identity() const {
  if (!labels_.defined()) return name_ + (split_ == LabelSplit::kParts ? " (its parts)" : "");
  const auto labels = labels_.contiguous();
  uint64_t checksum = 1469598103934665603ull;  // FNV-1a, over labels instead of bytes
  for (int64_t i = 0; i < labels.numel(); ++i)
    checksum = (checksum ^ static_cast<uint32_t>(labels.data_ptr<int32_t>()[i])) * 1099511628211ull;
  return name_ + " (" + std::to_string(labels.size(0)) + " x " + std::to_string(labels.size(1)) +
         ", checksum " + std::to_string(checksum) + ")";
}

torch::Tensor LabelMapInput::read(std::string* doubt) const {
  return objects_of_labels(labels_.defined() ? labels_ : read_label_map(file_), split_, name_, doubt);
}

}  // namespace priorseg
