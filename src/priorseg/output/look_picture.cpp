#include "priorseg/output/look_picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "priorseg/output/markup.h"
#include "priorseg/output/overlay.h"
#include "priorseg/output/panel_sheet.h"

namespace priorseg {
namespace {

constexpr int64_t kLookSide = 760;  // px of each of the two pictures, at most
constexpr int kCircleMargin = 8;    // px
const cv::Scalar kCircleColour(255, 214, 10), kCircleEdge(20, 20, 20);

torch::Tensor picture_of(const LookPicture& look, const torch::Tensor& labels) {
  OverlayOptions options;
  options.max_side = kLookSide;
  RunningOverlay overlay(look.pixels.size(0), look.pixels.size(1), look.pixels.size(2), options);
  overlay.add_rows(look.pixels, labels, look.artefacts);
  return overlay.draw_overlay();
}

/// In the upper left corner, the smaller circle within the larger one.
void draw_sizes(const LookPicture& look, torch::Tensor& picture) {
  cv::Mat canvas(static_cast<int>(picture.size(0)), static_cast<int>(picture.size(1)), CV_8UC3,
                 picture.data_ptr<uint8_t>());
  const double scale = static_cast<double>(canvas.cols) / static_cast<double>(look.pixels.size(2));
  for (const double size : {look.smallest, look.largest}) {
    const int radius = std::max(1, static_cast<int>(std::lround(size * scale / 2)));
    const cv::Point centre(kCircleMargin + radius, kCircleMargin + radius);
    cv::circle(canvas, centre, radius, kCircleEdge, 3, cv::LINE_AA);
    cv::circle(canvas, centre, radius, kCircleColour, 1, cv::LINE_AA);
  }
}

}  // namespace

torch::Tensor draw_look(const LookPicture& look) {
  const auto plain = picture_of(look, torch::zeros_like(look.parts));
  auto outlined = picture_of(look, look.parts).contiguous();
  draw_sizes(look, outlined);
  return panel_sheet({"The image; hatched: left out", "What stands out alone; circles: sizes " +
                                                          short_number(look.smallest) + " and " +
                                                          short_number(look.largest) + " px"},
                     {{"", {plain, outlined}}});
}

}  // namespace priorseg
