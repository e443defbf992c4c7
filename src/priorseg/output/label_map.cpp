#include "priorseg/output/label_map.h"

#include <torch/torch.h>

#include <string>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

void check_object(const ObjectPixels& object, size_t index, int64_t height, int64_t width) {
  const bool inside = object.x0 >= 0 && object.y0 >= 0 && object.height >= 0 && object.width >= 0 &&
                      object.x0 + object.width <= width && object.y0 + object.height <= height;
  if (!inside)
    throw Error("object " + std::to_string(index) + " reaches over the image of " + std::to_string(width) +
                " x " + std::to_string(height) + " pixels");
  if (static_cast<int64_t>(object.bits.size()) != object.height * object.width)
    throw Error("object " + std::to_string(index) + " has " + std::to_string(object.bits.size()) +
                " bits, expected height x width = " + std::to_string(object.height * object.width));
}

/// Finds the largest connected part of a bitmap; keeps its memory from object to object.
class LargestPart {
 public:
  /// @param bits  row-major, height * width, 0 or 1; visited pixels are cleared.
  /// @return      positions in `bits`.
  const std::vector<int64_t>& find(std::vector<uint8_t>& bits, int64_t height, int64_t width) {
    largest_.clear();
    for (int64_t start = 0; start < height * width; ++start) {
      if (!bits[start]) continue;
      grow(bits, start, height, width);
      if (part_.size() > largest_.size()) part_.swap(largest_);
    }
    return largest_;
  }

 private:
  void grow(std::vector<uint8_t>& bits, int64_t start, int64_t height, int64_t width) {
    part_.assign(1, start);
    bits[start] = 0;
    const auto visit = [&](int64_t position) {
      if (!bits[position]) return;
      bits[position] = 0;
      part_.push_back(position);
    };
    for (size_t next = 0; next < part_.size(); ++next) {
      const int64_t position = part_[next], x = position % width, y = position / width;
      if (x > 0) visit(position - 1);
      if (x + 1 < width) visit(position + 1);
      if (y > 0) visit(position - width);
      if (y + 1 < height) visit(position + width);
    }
  }

  std::vector<int64_t> part_, largest_;
};

}  // namespace

LabelMap compose_label_map(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width) {
  if (height <= 0 || width <= 0)
    throw Error("a label map of " + std::to_string(width) + " x " + std::to_string(height) +
                " pixels; expected > 0");
  LabelMap map;
  map.labels = torch::zeros({height, width}, torch::kInt32);
  auto* labels = map.labels.data_ptr<int32_t>();
  LargestPart largest;
  std::vector<uint8_t> visible;
  for (size_t i = 0; i < objects.size(); ++i) {
    const ObjectPixels& object = objects[i];
    check_object(object, i, height, width);
    visible = object.bits;
    int32_t* corner = labels + object.y0 * width + object.x0;
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        if (corner[y * width + x] != 0) visible[y * object.width + x] = 0;
    const auto& part = largest.find(visible, object.height, object.width);
    if (part.empty()) continue;
    map.object_of_label.push_back(static_cast<int64_t>(i));
    const auto label = static_cast<int32_t>(map.object_of_label.size());
    for (const int64_t position : part)
      corner[position / object.width * width + position % object.width] = label;
  }
  return map;
}

}  // namespace priorseg
