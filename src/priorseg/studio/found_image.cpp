#include "priorseg/studio/found_image.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/studio/csv_rows.h"

namespace priorseg {
namespace {

/// @param name  of the file, for messages.
FoundPicture found_picture(torch::Tensor labels, int32_t labels_before, const std::string& name) {
  FoundPicture picture;
  picture.labels = std::move(labels);
  picture.labels_before = picture.highest = labels_before;
  const auto own = picture.labels.masked_select(picture.labels > 0);
  if (own.numel() > 0) {
    if (own.min().item<int32_t>() <= labels_before)
      throw Error(name +
                  ": labels do not go on from picture to picture, expected those that priorseg writes; "
                  "segment the image again");
    picture.highest = own.max().item<int32_t>();
  }
  const auto count = static_cast<size_t>(picture.highest - labels_before);
  picture.scores.assign(count, std::numeric_limits<float>::quiet_NaN());
  picture.qualities = picture.scores;
  return picture;
}

}  // namespace

FoundImage::FoundImage(const ImageInput& image, const OutputPaths& folder, const std::string& stem)
    : image_(image) {
  const auto path = folder.label_map(stem);
  if (!std::filesystem::exists(path)) throw Error("there are no results of this image yet: " + path.string());
  const ImageReader reader(image);
  auto maps = read_label_maps(path);
  if (std::ssize(maps) != reader.num_pictures()) {
    throw Error(path.string() + " holds " + std::to_string(maps.size()) + " pictures and its image " +
                std::to_string(reader.num_pictures()) +
                "; it belongs to another image, or to other planes of it");
  }
  for (auto& map : maps) {
    if (map.size(0) != reader.info().height || map.size(1) != reader.info().width)
      throw Error(path.string() + " is of another size than " + image.name() +
                  "; it belongs to another image");
    const int32_t before = pictures_.empty() ? 0 : pictures_.back().highest;
    pictures_.push_back(found_picture(std::move(map), before, path.string()));
  }
  const auto name = utf8_or_escaped(stem);
  for (const auto& row : read_csv_rows(folder.objects(), [&](const auto& first) { return first == name; })) {
    const double label = number_in(row, "label");
    const auto of = std::find_if(pictures_.begin(), pictures_.end(), [&](const FoundPicture& picture) {
      return label > picture.labels_before && label <= picture.highest;
    });
    if (of == pictures_.end()) continue;
    const auto entry = static_cast<size_t>(label) - static_cast<size_t>(of->labels_before) - 1;
    of->scores[entry] = static_cast<float>(number_in(row, "score"));
    of->qualities[entry] = static_cast<float>(number_in(row, "quality"));
  }
}

const FoundPicture& FoundImage::picture(int64_t picture) const {
  if (picture < 0 || picture >= num_pictures()) {
    throw Error(image_.name() + " has " + std::to_string(num_pictures()) + " pictures, there is no number " +
                std::to_string(picture + 1));
  }
  return pictures_[static_cast<size_t>(picture)];
}

}  // namespace priorseg
