#include "priorseg/shapes/mask_outline.h"

#include <array>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

struct Corner {
  int64_t x, y;
  bool operator==(const Corner&) const = default;
};

class Mask {
 public:
  explicit Mask(const torch::Tensor& mask)
      : pixels_(mask.to(torch::kUInt8).contiguous()), height_(mask.size(0)), width_(mask.size(1)) {}

  bool at(int64_t x, int64_t y) const {
    return x >= 0 && y >= 0 && x < width_ && y < height_ && pixels_.data_ptr<uint8_t>()[y * width_ + x] != 0;
  }

  /// Top left corner of the first set pixel in reading order.
  Corner first_corner() const {
    for (int64_t y = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; ++x) {
        if (at(x, y)) return {x, y};
      }
    }
    throw Error("mask has no set pixel, expected an object");
  }

 private:
  torch::Tensor pixels_;
  int64_t height_, width_;
};

// Directions east, south, west, north; the object lies on the right hand of the walk.
constexpr std::array<Corner, 4> kSteps = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};

// The pixels ahead of a corner, on the left and on the right hand.
constexpr std::array<Corner, 4> kAheadLeft = {{{0, -1}, {0, 0}, {-1, 0}, {-1, -1}}};
constexpr std::array<Corner, 4> kAheadRight = {{{0, 0}, {-1, 0}, {-1, -1}, {0, -1}}};

// Walks along the pixel edges and keeps the middle of each: this cuts the corners of the staircase by itself.
Outline edge_middles(const Mask& mask) {
  const Corner start = mask.first_corner();
  Corner corner = start;
  int direction = 0;
  Outline outline;
  do {
    const Corner& step = kSteps[direction];
    outline.push_back({static_cast<double>(corner.x) + 0.5 * static_cast<double>(step.x),
                       static_cast<double>(corner.y) + 0.5 * static_cast<double>(step.y)});
    corner = {corner.x + step.x, corner.y + step.y};
    const Corner& right = kAheadRight[direction];
    const Corner& left = kAheadLeft[direction];
    if (!mask.at(corner.x + right.x, corner.y + right.y)) {
      direction = (direction + 1) % 4;  // right turns first: pixels that only touch at a corner stay apart
    } else if (mask.at(corner.x + left.x, corner.y + left.y)) {
      direction = (direction + 3) % 4;
    }
  } while (!(corner == start && direction == 0));
  return outline;
}

Outline smoothed(const Outline& outline) {
  const size_t count = outline.size();
  Outline result(count);
  for (size_t i = 0; i < count; ++i) {
    const Point& before = outline[(i + count - 1) % count];
    const Point& after = outline[(i + 1) % count];
    result[i] = {0.25 * before.x + 0.5 * outline[i].x + 0.25 * after.x,
                 0.25 * before.y + 0.5 * outline[i].y + 0.25 * after.y};
  }
  return result;
}

}  // namespace

Outline mask_outline(const torch::Tensor& mask) {
  check_shape(mask, {std::nullopt, std::nullopt}, "mask");
  // A few edges are too short a way to average over.
  constexpr size_t kSmoothable = 16;
  constexpr int kPasses = 2;
  Outline outline = edge_middles(Mask(mask));
  for (int pass = 0; pass < kPasses && outline.size() >= kSmoothable; ++pass) outline = smoothed(outline);
  return outline;
}

}  // namespace priorseg
