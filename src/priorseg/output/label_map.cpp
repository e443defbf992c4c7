#include "priorseg/output/label_map.h"

#include <torch/types.h>

#include <algorithm>
#include <string>
#include <utility>

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

RunningLabelMap::RunningLabelMap(int64_t height, int64_t width) : height_(height), width_(width) {
  if (height <= 0 || width <= 0)
    throw Error("a label map of " + std::to_string(width) + " x " + std::to_string(height) +
                " pixels; expected > 0");
  rows_ = torch::zeros({0, width}, torch::kInt32);
}

void RunningLabelMap::hold_rows(int64_t last) {
  const int64_t missing = last - first_row_ - rows_.size(0);
  if (missing > 0) rows_ = torch::cat({rows_, torch::zeros({missing, width_}, torch::kInt32)});
}

std::vector<int64_t> RunningLabelMap::add(const std::vector<ObjectPixels>& objects) {
  int64_t last = first_row_;
  for (size_t i = 0; i < objects.size(); ++i) {
    check_object(objects[i], i, height_, width_);
    if (objects[i].area > 0 && objects[i].y0 < first_row_)
      throw Error("object " + std::to_string(i) + " begins at row " + std::to_string(objects[i].y0) +
                  ", but " + std::to_string(first_row_) + " rows of the label map are finished");
    last = std::max(last, objects[i].y0 + objects[i].height);
  }
  hold_rows(last);
  auto* labels = rows_.data_ptr<int32_t>();
  LargestPart largest;
  std::vector<uint8_t> visible;
  std::vector<int64_t> labelled;
  for (size_t i = 0; i < objects.size(); ++i) {
    const ObjectPixels& object = objects[i];
    if (object.bits.empty()) continue;
    visible = object.bits;
    int32_t* corner = labels + (object.y0 - first_row_) * width_ + object.x0;
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        if (corner[y * width_ + x] != 0) visible[y * object.width + x] = 0;
    const auto& part = largest.find(visible, object.height, object.width);
    if (part.empty()) continue;
    labelled.push_back(static_cast<int64_t>(i));
    const auto label = static_cast<int32_t>(++num_labels_);
    for (const int64_t position : part)
      corner[position / object.width * width_ + position % object.width] = label;
  }
  return labelled;
}

torch::Tensor RunningLabelMap::take_rows(int64_t last) {
  last = std::clamp(last, first_row_, height_);
  hold_rows(last);
  const int64_t count = last - first_row_;
  const auto taken = rows_.slice(0, 0, count);
  rows_ = rows_.slice(0, count).clone();
  first_row_ = last;
  return taken;
}

LabelMap compose_label_map(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width) {
  RunningLabelMap map(height, width);
  auto labelled = map.add(objects);
  return {map.take_rows(height), std::move(labelled)};
}

}  // namespace priorseg
