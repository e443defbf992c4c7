#pragma once

#include <cstdint>
#include <vector>

namespace priorseg {

/// The boxes of each image, in ascending order: those of image b are boxes[first[b]] to boxes[first[b + 1] -
/// 1].
struct BoxLists {
  std::vector<int64_t> first;
  std::vector<int64_t> boxes;
};

/// @param image_of_box  num_boxes entries in [0, num_images).
inline BoxLists list_boxes_by_image(const int64_t* image_of_box, int64_t num_boxes, int64_t num_images) {
  BoxLists lists{std::vector<int64_t>(num_images + 1, 0), std::vector<int64_t>(num_boxes)};
  for (int64_t n = 0; n < num_boxes; ++n) ++lists.first[image_of_box[n] + 1];
  for (int64_t b = 0; b < num_images; ++b) lists.first[b + 1] += lists.first[b];
  std::vector<int64_t> next(lists.first.begin(), lists.first.end() - 1);
  for (int64_t n = 0; n < num_boxes; ++n) lists.boxes[next[image_of_box[n]]++] = n;
  return lists;
}

}  // namespace priorseg
