#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"

namespace priorseg {

/// A part of an image that fits into memory.
struct ImageCrop {
  torch::Tensor pixels;  ///< [C,H,W] float32, values of the file
  double quantum = 0;    ///< smallest step of the grey values, 1 for integers, 0 for floating point
};

/// An image, or evenly spread crops of one that is too large to be held.
/// @throws Error where it cannot be read.
std::vector<ImageCrop> read_crops(const std::filesystem::path& image);

/// The first crop of the first image that can be read.
/// @throws Error where none can be read.
ImageCrop read_first_crop(const std::vector<std::filesystem::path>& images);

/// Whether an image that cannot be read is told of: a job that looks at its images more than once does so
/// once.
enum class Unreadable { kTold, kPassedOver };

/// Gives the crops of every image that can be read to `use`, one after the other.
/// @param task  name of the work for the progress.
/// @throws Error where none can be read; the reasons are told then, whatever `unreadable` says. Stopped
/// between two images.
void for_each_crop(const std::vector<std::filesystem::path>& images, const std::string& task,
                   Observer& observer, Unreadable unreadable,
                   const std::function<void(const ImageCrop&)>& use);

}  // namespace priorseg
