#pragma once

#include <functional>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/image/image.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// The first picture of an image, or evenly spread crops of one that is too large to be held.
/// @throws Error where it cannot be read.
std::vector<Image> read_crops(const ImageInput& image);

/// The first crop of the first image that can be read.
/// @throws Error where none can be read.
Image read_first_crop(const std::vector<ImageInput>& images);

/// Before a training so many images are looked at, evenly spread, and of each the middle of at most this
/// side.
constexpr int64_t kMostLookedAt = 24;
constexpr int64_t kMostSideLookedAt = 2048;  // px

/// Pictures that a training keeps of films and stacks, all together (one of each file at least).
constexpr int64_t kMostPictures = 120;

/// The middle part of an image, at most `side` px high and wide.
Image middle_of(const Image& image, int64_t side);

/// Whether an image that cannot be read is told of: a job that looks at its images more than once does so
/// once.
enum class Unreadable { kTold, kPassedOver };

/// Gives the crops of every image that can be read to `use`, one after the other; of a film or a stack those
/// of pictures that are evenly spread over the whole of it, about kMostPictures of all images together.
/// @param task  name of the work for the progress.
/// @throws Error where none can be read; the reasons are told then, whatever `unreadable` says. Stopped
/// between two images.
void for_each_crop(const std::vector<ImageInput>& images, const std::string& task, Observer& observer,
                   Unreadable unreadable, const std::function<void(const Image&)>& use);

}  // namespace priorseg
