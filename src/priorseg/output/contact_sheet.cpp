#include "priorseg/output/contact_sheet.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr int kSeparator = 2;   // px between tiles
constexpr int kMargin = 14;     // px around everything
constexpr int kHeading = 34;    // px over a group
constexpr int kGroupGap = 12;   // px under a group
constexpr int kMinWidth = 420;  // px, so that a heading of usual length fits over few tiles
const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(33, 37, 41);
const cv::Scalar kGrid(173, 181, 189);

struct Group {
  std::string heading;
  torch::Tensor patches;  // [N,S,S] uint8
  int tile = 0;           // side of a drawn patch, px
  int rows = 0;
  int columns = 0;

  int width() const { return columns == 0 ? 0 : columns * (tile + kSeparator) + kSeparator; }
  int grid_height() const { return rows == 0 ? 0 : rows * (tile + kSeparator) + kSeparator; }
  int height() const { return kHeading + grid_height() + kGroupGap; }
};

Group make_group(const std::string& heading, const torch::Tensor& patches,
                 const ContactSheetOptions& options) {
  check_shape(patches, {std::nullopt, 1, std::nullopt, std::nullopt}, "patches of '" + heading + "'");
  if (!patches.is_floating_point() || patches.size(2) != patches.size(3) || patches.size(2) < 1) {
    throw Error("patches of '" + heading + "' are " + std::string(patches.dtype().name()) + " of " +
                std::to_string(patches.size(2)) + "x" + std::to_string(patches.size(3)) +
                " px, expected square patches of floating point numbers");
  }
  Group group;
  group.heading = heading;
  for (auto& character : group.heading) {
    if (character < 0x20 || character > 0x7E) character = '?';  // OpenCV's letters are ASCII only
  }
  group.patches =
      patches.detach().cpu().squeeze(1).to(torch::kFloat32).nan_to_num(0.0).clamp(0, 1).mul(255).round();
  group.patches = group.patches.to(torch::kUInt8).contiguous();
  const int64_t count = patches.size(0);
  group.tile = static_cast<int>(patches.size(2) * options.scale);
  group.columns = static_cast<int>(std::min(count, options.columns));
  group.rows = static_cast<int>((count + options.columns - 1) / options.columns);
  return group;
}

void draw_heading(cv::Mat& canvas, std::string text, int top) {
  constexpr double kFontScale = 0.6;
  const auto text_width = [&] {
    return cv::getTextSize(text, cv::FONT_HERSHEY_DUPLEX, kFontScale, 1, nullptr).width;
  };
  const int room = canvas.cols - 2 * kMargin;
  if (text_width() > room) {
    while (!text.empty() && text_width() > room - 30) text.pop_back();
    text += "...";
  }
  cv::putText(canvas, text, {kMargin, top + kHeading - 12}, cv::FONT_HERSHEY_DUPLEX, kFontScale, kInk, 1,
              cv::LINE_AA);
}

void draw_tiles(cv::Mat& canvas, const Group& group, int top) {
  const int side = static_cast<int>(group.patches.size(1));
  const int step = group.tile + kSeparator;
  for (int64_t i = 0; i < group.patches.size(0); ++i) {
    const int left = kMargin + static_cast<int>(i) % group.columns * step;
    const int upper = top + static_cast<int>(i) / group.columns * step;
    cv::rectangle(canvas, {left, upper, step + kSeparator, step + kSeparator}, kGrid, cv::FILLED);
    const cv::Mat patch(side, side, CV_8UC1, group.patches.data_ptr<uint8_t>() + i * side * side);
    cv::Mat enlarged;
    cv::resize(patch, enlarged, {group.tile, group.tile}, 0, 0, cv::INTER_LINEAR);
    cv::cvtColor(enlarged, enlarged, cv::COLOR_GRAY2RGB);
    enlarged.copyTo(canvas({left + kSeparator, upper + kSeparator, group.tile, group.tile}));
  }
}

}  // namespace

torch::Tensor contact_sheet(const std::vector<std::pair<std::string, torch::Tensor>>& groups,
                            const ContactSheetOptions& options) {
  if (groups.empty())
    throw Error("a contact sheet of no group of patches was asked for, expected at least one");
  if (options.columns < 1 || options.scale < 1 || options.scale > 8) {
    throw Error("contact sheet has columns " + std::to_string(options.columns) + " and scale " +
                std::to_string(options.scale) + ", expected columns >= 1 and scale 1 to 8");
  }
  std::vector<Group> made;
  int width = kMinWidth;
  int height = 2 * kMargin - kGroupGap;
  for (const auto& [heading, patches] : groups) {
    made.push_back(make_group(heading, patches, options));
    width = std::max(width, made.back().width() + 2 * kMargin);
    height += made.back().height();
  }
  const torch::Tensor picture = torch::empty({height, width, 3}, torch::kUInt8);
  cv::Mat canvas(height, width, CV_8UC3, picture.data_ptr<uint8_t>());
  canvas.setTo(kPaper);
  int top = kMargin - kHeading / 4;  // the heading brings space of its own
  for (const auto& group : made) {
    draw_heading(canvas, group.patches.size(0) == 0 ? group.heading + " (none)" : group.heading, top);
    draw_tiles(canvas, group, top + kHeading);
    top += group.height();
  }
  return picture;
}

}  // namespace priorseg
