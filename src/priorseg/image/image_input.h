#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"

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

 private:
  std::string name_;
  std::filesystem::path file_;
  std::shared_ptr<const Image> image_;
};

/// A label map that a job is given: a file, or labels that are in memory already.
class LabelMapInput {
 public:
  LabelMapInput(std::filesystem::path file)  // NOLINT(google-explicit-constructor): a path is a label map
      : name_(file.string()), file_(std::move(file)) {}
  /// @param labels  [H,W] int32, >= 0.
  /// @param name    what messages call it.
  /// @throws Error on another shape or dtype, or a negative label.
  LabelMapInput(torch::Tensor labels, std::string name);

  const std::string& name() const { return name_; }
  /// Empty where the labels are in memory.
  const std::filesystem::path& file() const { return file_; }
  /// What tells it from other label maps: the file's path, or the name and a checksum of the labels.
  std::string identity() const;
  /// [H,W] int32.
  /// @throws Error where the file is no label map.
  torch::Tensor read() const;

 private:
  std::string name_;
  std::filesystem::path file_;
  torch::Tensor labels_;
};

}  // namespace priorseg
