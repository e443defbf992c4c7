#include "priorseg/output/panel_sheet.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr int kGap = 6;            // px between pictures
constexpr int kPanelMargin = 10;   // px around everything
constexpr int kPanelHeading = 26;  // px for a line of text
constexpr double kFontScale = 0.45;
const cv::Scalar kPanelPaper(255, 255, 255);
const cv::Scalar kPanelInk(33, 37, 41);

void check_row(const PanelRow& row, size_t columns) {
  if (row.pictures.size() != columns) {
    throw Error("row '" + row.name + "' of a panel sheet has " + std::to_string(row.pictures.size()) +
                " pictures, expected " + std::to_string(columns));
  }
  for (const auto& picture : row.pictures) {
    check_shape(picture, {std::nullopt, std::nullopt, 3}, "picture of row '" + row.name + "'");
    if (picture.scalar_type() != torch::kUInt8)
      throw Error("a picture of row '" + row.name + "' has another type than uint8");
  }
}

void draw_text(cv::Mat& canvas, std::string text, int left, int top, int room) {
  for (auto& character : text) {
    if (character < 0x20 || character > 0x7E) character = '?';  // OpenCV's letters are ASCII only
  }
  const auto width = [&] {
    return cv::getTextSize(text, cv::FONT_HERSHEY_DUPLEX, kFontScale, 1, nullptr).width;
  };
  while (!text.empty() && width() > room) text.pop_back();
  cv::putText(canvas, text, {left, top + kPanelHeading - 9}, cv::FONT_HERSHEY_DUPLEX, kFontScale, kPanelInk,
              1, cv::LINE_AA);
}

int row_height(const PanelRow& row) {
  int64_t height = 0;
  for (const auto& picture : row.pictures) height = std::max(height, picture.size(0));
  return static_cast<int>(height);
}

}  // namespace

torch::Tensor panel_sheet(const std::vector<std::string>& columns, const std::vector<PanelRow>& rows) {
  if (columns.empty()) throw Error("a panel sheet without columns was asked for, expected at least one");
  std::vector<int> lefts;
  std::vector<int> widths(columns.size(), 40);
  int height = 2 * kPanelMargin + kPanelHeading, width = kPanelMargin;
  for (const auto& row : rows) {
    check_row(row, columns.size());
    height += kPanelHeading + row_height(row);
    for (size_t i = 0; i < columns.size(); ++i)
      widths[i] = std::max(widths[i], static_cast<int>(row.pictures[i].size(1)));
  }
  for (const int column : widths) {
    lefts.push_back(width);
    width += column + kGap;
  }
  width += kPanelMargin - kGap;
  const auto sheet = torch::empty({height, width, 3}, torch::kUInt8);
  cv::Mat canvas(height, width, CV_8UC3, sheet.data_ptr<uint8_t>());
  canvas.setTo(kPanelPaper);
  for (size_t i = 0; i < columns.size(); ++i)
    draw_text(canvas, columns[i], lefts[i], kPanelMargin, widths[i]);
  int top = kPanelMargin + kPanelHeading;
  for (const auto& row : rows) {
    draw_text(canvas, row.name, kPanelMargin, top, width - 2 * kPanelMargin);
    top += kPanelHeading;
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto picture = row.pictures[i].cpu().contiguous();
      const cv::Mat view(static_cast<int>(picture.size(0)), static_cast<int>(picture.size(1)), CV_8UC3,
                         picture.data_ptr<uint8_t>());
      view.copyTo(canvas({lefts[i], top, view.cols, view.rows}));
    }
    top += row_height(row);
  }
  return sheet;
}

}  // namespace priorseg
