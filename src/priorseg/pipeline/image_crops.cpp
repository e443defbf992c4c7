#include "priorseg/pipeline/image_crops.h"

#include <algorithm>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/detector.h"
#include "priorseg/image/image_reader.h"

namespace priorseg {
namespace {

constexpr int64_t kCropSide = 1024;  // px, of crops of a large image
constexpr int64_t kCropsAcross = 4;  // in each direction: together at most as many pixels as a band

std::vector<int64_t> crop_places(int64_t length) {
  const int64_t count = std::min(kCropsAcross, std::max<int64_t>(1, length / kCropSide));
  std::vector<int64_t> first;
  for (int64_t i = 0; i < count; ++i)
    first.push_back(count == 1 ? 0 : i * (length - kCropSide) / (count - 1));
  return first;
}

torch::Tensor middle_along(const torch::Tensor& pixels, int64_t dimension, int64_t side) {
  const int64_t length = pixels.size(dimension), kept = std::min(length, side);
  return pixels.narrow(dimension, (length - kept) / 2, kept);
}

std::vector<Image> crops_of_picture(ImageReader& reader) {
  const ImageInfo& info = reader.info();
  if (info.height * info.width <= Detector::kBandPixels) return {reader.read()};
  std::vector<Image> crops;
  for (const int64_t top : crop_places(info.height)) {
    const auto rows = reader.read_rows(top, std::min(info.height, top + kCropSide));
    for (const int64_t left : crop_places(info.width))
      crops.emplace_back(rows.slice(2, left, left + kCropSide).clone(), info);
  }
  return crops;
}

}  // namespace

Image middle_of(const Image& image, int64_t side) {
  return {middle_along(middle_along(image.pixels, 1, side), 2, side).clone(), image};
}

std::vector<Image> read_crops(const ImageInput& image) {
  ImageReader reader(image);
  return crops_of_picture(reader);
}

Image read_first_crop(const std::vector<ImageInput>& images) {
  for (const auto& image : images) {
    try {
      return read_crops(image).front();
    } catch (const Error&) {  // told when it was to be learned from
    }
  }
  throw Error("none of the " + std::to_string(images.size()) + " images can be read");
}

void for_each_crop(const std::vector<ImageInput>& images, const std::string& task, Observer& observer,
                   Unreadable unreadable, const std::function<void(const Image&)>& use) {
  int64_t done = 0;
  bool any = false;
  std::vector<std::string> untold;
  const int64_t most_pictures =
      std::max<int64_t>(1, kMostPictures / std::max<int64_t>(1, std::ssize(images)));
  for (const auto& image : images) {
    observer.check_stop();
    try {
      ImageReader reader(image);
      for (const size_t picture : spread_indices(static_cast<size_t>(reader.num_pictures()), most_pictures)) {
        reader.go_to(static_cast<int64_t>(picture));
        for (const auto& crop : crops_of_picture(reader)) use(crop);
        any = true;
      }
    } catch (const Error& error) {
      if (unreadable == Unreadable::kTold)
        observer.warn(std::string(error.what()) + "; left out of the training");
      else
        untold.emplace_back(error.what());
    }
    observer.progress({task, ++done, std::ssize(images), {}});
  }
  if (any) return;
  for (const auto& reason : untold) observer.warn(reason);
  throw Error("none of the " + std::to_string(images.size()) + " training images could be read");
}

}  // namespace priorseg
