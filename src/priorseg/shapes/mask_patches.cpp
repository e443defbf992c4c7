#include "priorseg/shapes/mask_patches.h"

#include <cmath>
#include <map>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/shapes/mask_outline.h"
#include "priorseg/shapes/object_patch.h"

namespace priorseg {
namespace {

// An outline of so many points is finer than the largest patch shows, and cheap to deform.
constexpr int64_t kOutlinePoints = 128;

std::map<int32_t, cv::Rect> boxes_of_labels(const cv::Mat& labels) {
  std::map<int32_t, cv::Rect> boxes;
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<int32_t>(y);
    for (int x = 0; x < labels.cols;) {
      const int32_t label = row[x];
      const int start = x;
      while (x < labels.cols && row[x] == label) ++x;
      if (label == 0) continue;
      cv::Rect& box = boxes[label];
      const cv::Rect run(start, y, x - start, 1);
      box = box.empty() ? run : (box | run);
    }
  }
  return boxes;
}

// The largest part, connected over pixel sides: parts that only touch at a corner have no common outline.
cv::Mat largest_part(const cv::Mat& mask, cv::Rect& box, int& area) {
  cv::Mat parts, statistics, centroids;
  const int count = cv::connectedComponentsWithStats(mask, parts, statistics, centroids, 4);
  int best = 1;
  for (int part = 2; part < count; ++part) {
    if (statistics.at<int>(part, cv::CC_STAT_AREA) > statistics.at<int>(best, cv::CC_STAT_AREA)) best = part;
  }
  area = statistics.at<int>(best, cv::CC_STAT_AREA);
  box = cv::Rect(statistics.at<int>(best, cv::CC_STAT_LEFT), statistics.at<int>(best, cv::CC_STAT_TOP),
                 statistics.at<int>(best, cv::CC_STAT_WIDTH), statistics.at<int>(best, cv::CC_STAT_HEIGHT));
  return parts(box) == best;
}

// The shorter axis of the ellipse that has the area and the axis ratio of the mask.
double width_of(const cv::Mat& mask) {
  const cv::Moments moments = cv::moments(mask, true);
  const double xx = moments.mu20 / moments.m00 + 1.0 / 12, yy = moments.mu02 / moments.m00 + 1.0 / 12;
  const double xy = moments.mu11 / moments.m00;
  const double middle = (xx + yy) / 2, spread = std::hypot((xx - yy) / 2, xy);
  return 2 * std::sqrt(moments.m00 / std::numbers::pi * std::sqrt((middle - spread) / (middle + spread)));
}

cv::Mat disk(int radius) {
  cv::Mat result(2 * radius + 1, 2 * radius + 1, CV_8U);
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x)
      result.at<uint8_t>(y + radius, x + radius) = x * x + y * y <= radius * radius;
  return result;
}

// What a disk of this share of the object's width reaches from inside; the largest part of that.
cv::Mat without_thin_parts(const cv::Mat& mask, double share) {
  const int radius = static_cast<int>(std::lround(share * width_of(mask) / 2));
  if (radius < 1) return mask;
  cv::Mat padded, opened;
  cv::copyMakeBorder(mask, padded, radius, radius, radius, radius, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::morphologyEx(padded, opened, cv::MORPH_OPEN, disk(radius));
  if (cv::countNonZero(opened) == 0) return mask;
  cv::Rect box;
  int area = 0;
  return largest_part(opened, box, area);
}

bool touches_border(const cv::Rect& box, const cv::Mat& image) {
  return box.x == 0 || box.y == 0 || box.x + box.width == image.cols || box.y + box.height == image.rows;
}

}  // namespace

ObjectMasks cut_object_masks(const torch::Tensor& labels, const MaskPatchOptions& options) {
  check_options(options, "mask_patches.");
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  if (labels.scalar_type() != torch::kInt32) {
    throw Error(std::string("labels have type ") + torch::toString(labels.scalar_type()) +
                ", expected int32");
  }
  const torch::Tensor pixels = labels.to(torch::kCPU).contiguous();
  const cv::Mat image(static_cast<int>(pixels.size(0)), static_cast<int>(pixels.size(1)), CV_32S,
                      pixels.data_ptr<int32_t>());
  ObjectMasks objects;
  for (const auto& [label, box] : boxes_of_labels(image)) {
    cv::Rect part_box;
    int area = 0;
    cv::Mat part = largest_part(image(box) == label, part_box, area);
    if (area < options.min_area) continue;
    if (options.skip_border_objects && touches_border(part_box + box.tl(), image)) continue;
    if (options.min_width > 0) part = without_thin_parts(part, options.min_width);
    torch::Tensor mask = torch::empty({part.rows, part.cols}, torch::kUInt8);
    cv::Mat view(part.rows, part.cols, CV_8U, mask.data_ptr<uint8_t>());
    cv::bitwise_and(part, cv::Scalar(1), view);
    objects.masks.push_back(mask);
  }
  return objects;
}

torch::Tensor draw_mask_patches(const ObjectMasks& objects, int64_t count, const MaskPatchOptions& options,
                                Random& random) {
  check_options(options, "mask_patches.");
  if (count < 0) throw Error("count of mask patches is " + std::to_string(count) + ", expected 0 or more");
  if (objects.masks.empty()) {
    throw Error("found no usable object in the label map, expected at least one of " +
                std::to_string(options.min_area) + " px" +
                (options.skip_border_objects ? " that the image border does not cut" : "") +
                "; use another label map or synthetic shapes");
  }
  std::vector<Outline> outlines;
  for (const torch::Tensor& mask : objects.masks)
    outlines.push_back(resample(mask_outline(mask), kOutlinePoints));

  const int64_t steps =
      options.rotation_step > 0 ? std::max<int64_t>(1, std::llround(360.0 / options.rotation_step)) : 1;
  torch::Tensor patches = torch::empty({count, 1, options.patch_size, options.patch_size}, torch::kFloat32);
  for (int64_t i = 0; i < count; ++i) {
    Outline outline =
        outlines[static_cast<size_t>(random.integer(0, static_cast<int64_t>(outlines.size()) - 1))];
    const double degrees = options.rotation_step * static_cast<double>(random.integer(0, steps - 1));
    if (options.mirror && random.chance(0.5)) {
      for (Point& point : outline) point.x = -point.x;
    }
    rotate(outline, degrees * std::numbers::pi / 180);
    deform(outline, options.elastic, random);
    patches.select(0, i).select(0, 0).copy_(
        render_patch(std::move(outline), options.patch_size, options.fill, options.antialias));
  }
  return patches;
}

}  // namespace priorseg
