#include "priorseg/output/label_outline.h"

#include <array>

namespace priorseg {
namespace {

/// Parts and rings of one bitmap, which has a margin of one pixel so that every pixel has neighbours.
class OutlineTracer {
 public:
  explicit OutlineTracer(const ObjectPixels& object)
      : object_(object),
        stride_(object.width + 2),
        part_of_(static_cast<size_t>(stride_ * (object.height + 2)), 0),
        is_passed_(part_of_.size(), false) {
    number_parts();
  }

  std::vector<OutlinePart> trace() {
    std::vector<OutlinePart> parts(static_cast<size_t>(num_parts_));
    for (int64_t y = 1; y <= object_.height; ++y) {
      for (int64_t x = 1; x <= object_.width; ++x) {
        const int64_t pixel = y * stride_ + x;
        if (part_of_[pixel] == 0 || part_of_[pixel - stride_] == part_of_[pixel] || is_passed_[pixel])
          continue;
        // The first upper edge of a part is one of its exterior; every other ring has an upper edge too.
        OutlinePart& part = parts[part_of_[pixel] - 1];
        (part.exterior.empty() ? part.exterior : part.holes.emplace_back()) = trace_ring(x, y);
      }
    }
    return parts;
  }

 private:
  /// Gives each 4-connected part a number from 1 on, in the order of their first pixels.
  void number_parts() {
    constexpr int32_t kNoPartYet = -1;
    for (int64_t y = 0; y < object_.height; ++y)
      for (int64_t x = 0; x < object_.width; ++x)
        if (object_.bits[y * object_.width + x]) part_of_[(y + 1) * stride_ + x + 1] = kNoPartYet;
    std::vector<int64_t> open;
    for (int64_t first = 0; first < std::ssize(part_of_); ++first) {
      if (part_of_[first] != kNoPartYet) continue;
      part_of_[first] = ++num_parts_;
      open.assign(1, first);
      while (!open.empty()) {
        const int64_t pixel = open.back();
        open.pop_back();
        for (const int64_t next : {pixel - 1, pixel + 1, pixel - stride_, pixel + stride_}) {
          if (part_of_[next] != kNoPartYet) continue;
          part_of_[next] = num_parts_;
          open.push_back(next);
        }
      }
    }
  }

  /// The part that the pixel with upper left corner (x, y) belongs to.
  int32_t part_at(int64_t x, int64_t y) const { return part_of_[y * stride_ + x]; }

  /// Walks along the edges of a part with its pixels at the right hand, from the upper edge of pixel (x, y)
  /// on. Positions count in the bitmap with its margin.
  OutlineRing trace_ring(const int64_t start_x, const int64_t start_y) {
    enum { kRight, kDown, kLeft, kUp };
    constexpr std::array<int64_t, 4> kStepX = {1, 0, -1, 0}, kStepY = {0, 1, 0, -1};
    // From a corner to the pixels ahead of it, at the left and at the right hand of the direction.
    constexpr std::array<int64_t, 4> kLeftX = {0, 0, -1, -1}, kLeftY = {-1, 0, 0, -1};
    constexpr std::array<int64_t, 4> kRightX = {0, -1, -1, 0}, kRightY = {0, 0, -1, -1};
    const int32_t part = part_at(start_x, start_y);
    OutlineRing ring;
    int64_t x = start_x, y = start_y;
    int direction = kRight;
    do {
      if (direction == kRight) is_passed_[y * stride_ + x] = true;
      x += kStepX[direction];
      y += kStepY[direction];
      const int before = direction;
      if (part_at(x + kLeftX[direction], y + kLeftY[direction]) == part)
        direction = (direction + 3) % 4;
      else if (part_at(x + kRightX[direction], y + kRightY[direction]) != part)
        direction = (direction + 1) % 4;
      if (direction != before) ring.push_back({object_.x0 + x - 1, object_.y0 + y - 1});
    } while (x != start_x || y != start_y || direction != kRight);
    return ring;
  }

  const ObjectPixels& object_;
  int64_t stride_;
  std::vector<int32_t> part_of_;  // by pixel, 0 = not of the object
  std::vector<bool> is_passed_;   // the upper edge of a pixel
  int32_t num_parts_ = 0;
};

}  // namespace

std::vector<OutlinePart> trace_outline(const ObjectPixels& object) { return OutlineTracer(object).trace(); }

int64_t doubled_signed_area(const OutlineRing& ring) {
  int64_t sum = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const PixelCorner &here = ring[i], &next = ring[(i + 1) % ring.size()];
    sum += here.x * next.y - next.x * here.y;
  }
  return sum;
}

}  // namespace priorseg
