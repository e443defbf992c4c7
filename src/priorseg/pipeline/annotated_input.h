#pragma once

#include <string>
#include <utility>

#include "priorseg/eval/label_files.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// An image with its label map that a job is given.
struct AnnotatedInput {
  std::string name;  ///< what messages call it
  ImageInput image;
  LabelMapInput labels;

  AnnotatedInput(const AnnotatedFile& files)  // NOLINT(google-explicit-constructor): two files are one
      : name(files.name), image(files.image), labels(files.labels) {}
  AnnotatedInput(std::string called, ImageInput its_image, LabelMapInput its_labels)
      : name(std::move(called)), image(std::move(its_image)), labels(std::move(its_labels)) {}
};

}  // namespace priorseg
