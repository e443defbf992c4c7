#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/label_parts.h"
#include "priorseg/image/plane_choice.h"

namespace priorseg {

/// An image that a job is given: a file, or pixels that are in memory already. Copies share the pixels.
class ImageInput {
 public:
  ImageInput(std::filesystem::path file)  // NOLINT(google-explicit-constructor): a path is an image
      : name_(file.string()), file_(std::move(file)) {}
  /// @param name  what messages call it.
  ImageInput(Image image, std::string name)
      : name_(std::move(name)), image_(std::make_shared<const Image>(std::move(image))) {}

  const std::string& name() const { return name_; }
  /// Empty where the image is in memory.
  const std::filesystem::path& file() const { return file_; }
  /// Null where the image is a file.
  const std::shared_ptr<const Image>& image() const { return image_; }
  /// Which planes of the file are meant, where it has several.
  const PlaneChoice& planes() const { return planes_; }
  /// The same image with other planes.
  ImageInput with_planes(PlaneChoice planes) const;

 private:
  std::string name_;
  std::filesystem::path file_;
  std::shared_ptr<const Image> image_;
  PlaneChoice planes_;
};

/// The images with the same choice of planes for all.
std::vector<ImageInput> with_planes(const std::vector<ImageInput>& images, const PlaneChoice& planes);

/// A label map that a job is given: a file, or labels that are in memory already.
class LabelMapInput {
 public:
  LabelMapInput(std::filesystem::path file)  // NOLINT(google-explicit-constructor): a path is a label map
      : name_(file.string()), file_(std::move(file)) {}
  LabelMapInput(std::filesystem::path file, LabelSplit split)
      : name_(file.string()), file_(std::move(file)), split_(split) {}
  /// @param labels  [H,W] int32, >= 0.
  /// @param name    what messages call it.
  /// @throws Error on another shape or dtype, or a negative label.
  LabelMapInput(torch::Tensor labels, std::string name);

  const std::string& name() const { return name_; }
  /// Empty where the labels are in memory.
  const std::filesystem::path& file() const { return file_; }
  /// What tells it from other label maps: the file's path and whether its parts are meant, or the name
  /// and a checksum of the labels.
  std::string identity() const;
  /// [H,W] int32, each number an object (objects_of_labels).
  /// @param doubt  gets what speaks against the labels; may be null.
  /// @throws Error where the file is no label map, or a mask.
  torch::Tensor read(std::string* doubt = nullptr) const;

 private:
  std::string name_;
  std::filesystem::path file_;
  torch::Tensor labels_;
  LabelSplit split_ = LabelSplit::kRefuseMasks;
};

}  // namespace priorseg
