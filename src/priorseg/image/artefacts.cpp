#include "priorseg/image/artefacts.h"

#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/core/shape_check.h"
#include "priorseg/image/artefact_finders.h"
#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

constexpr int kReach = 9;       // px: side of the window that artefacts are filled from
constexpr int kLeastBlank = 7;  // px: what is narrower is filled from both sides

cv::Mat bytes_of(const torch::Tensor& map) {
  return {static_cast<int>(map.size(0)), static_cast<int>(map.size(1)), CV_8U, map.data_ptr()};
}

/// The quantile 0.3 of the pixels that are marked as picture (255); 0 without any.
float background_of(const cv::Mat& grey, const cv::Mat& picture) {
  const int step = std::max(1, static_cast<int>(grey.total() / 1'000'000)) | 1;
  std::vector<float> values;
  for (size_t i = 0; i < grey.total(); i += static_cast<size_t>(step))
    if (picture.ptr<uint8_t>()[i]) values.push_back(grey.ptr<float>()[i]);
  if (values.empty()) return 0;
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(0.3 * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// Means of the picture in windows; 0 where a window holds none.
void mean_of_picture(const cv::Mat& grey, const cv::Mat& weight, int side, cv::Mat& mean, cv::Mat& count) {
  cv::Mat sum;
  cv::boxFilter(grey.mul(weight), sum, CV_64F, {side, side}, {-1, -1}, /*normalize=*/false,
                cv::BORDER_CONSTANT);
  cv::boxFilter(weight, count, CV_64F, {side, side}, {-1, -1}, /*normalize=*/false, cv::BORDER_CONSTANT);
  cv::divide(sum, count, mean);
}

}  // namespace

torch::Tensor find_artefacts(const torch::Tensor& given) {
  check_shape(given, {std::nullopt, std::nullopt}, "grey");
  auto kinds = torch::zeros(given.sizes(), torch::kUInt8);
  if (given.numel() == 0) return kinds;
  const auto is_finite = given.isfinite();
  auto grey = given.contiguous();
  if (!is_finite.all().item<bool>()) {
    kinds.masked_fill_(is_finite.logical_not(), static_cast<int>(ArtefactKind::kNonFinite));
    const auto finite = given.masked_select(is_finite);
    if (finite.numel() == 0) return kinds;
    grey = grey.clone();
    grey.masked_fill_(is_finite.logical_not(), finite.median());
  }
  mark_padding(grey, kinds);
  mark_lines(grey, kinds);
  mark_burnt_in(grey, kinds);
  mark_specks(grey, kinds);
  return kinds;
}

FilledImage fill_artefacts(const torch::Tensor& grey, const torch::Tensor& kinds) {
  const auto is_picture = kinds.eq(0);
  FilledImage filled{grey.clone().contiguous(), torch::zeros_like(is_picture)};
  if (is_picture.all().item<bool>()) return filled;
  filled.grey.masked_fill_(is_picture.logical_not(), 0);
  cv::Mat values = view_of(filled.grey);
  const auto shown = is_picture.to(torch::kUInt8) * 255;
  const cv::Mat picture = bytes_of(shown);
  cv::Mat weight;
  picture.convertTo(weight, CV_32F, 1.0 / 255);
  // The nearest surroundings that say something.
  const cv::Mat known = values.clone();
  cv::Mat open = ~picture;
  for (int side = 3; side <= kReach; side += 2) {
    cv::Mat mean, count;
    mean_of_picture(known, weight, side, mean, count);
    const cv::Mat ready = open & (count >= side);
    mean.convertTo(mean, CV_32F);
    mean.copyTo(values, ready);
    open &= ~ready;
  }
  values.setTo(background_of(known, picture), open);
  cv::Mat wide;
  const auto square = cv::getStructuringElement(cv::MORPH_RECT, {kLeastBlank, kLeastBlank});
  cv::morphologyEx(~picture, wide, cv::MORPH_OPEN, square);
  auto blank = torch::empty(kinds.sizes(), torch::kUInt8);
  wide.copyTo(bytes_of(blank));
  filled.blank = blank.ne(0);
  return filled;
}

ArtefactCounts count_artefacts(const torch::Tensor& kinds) {
  ArtefactCounts counts{};
  const auto bytes = kinds.contiguous();
  const auto* kind = bytes.data_ptr<uint8_t>();
  for (int64_t i = 0; i < bytes.numel(); ++i) ++counts[kind[i]];
  return counts;
}

std::string describe_artefacts(const ArtefactCounts& counts, int64_t num_pixels) {
  constexpr std::array<const char*, kArtefactKinds> kNames = {
      "", "hot or dead pixels", "lines of the camera", "bars or letters", "padding", "not a number"};
  std::string text;
  for (int kind = kArtefactKinds - 1; kind > 0; --kind) {
    const int64_t count = counts[static_cast<size_t>(kind)];
    if (count == 0) continue;
    char share[32];
    const double percent =
        100.0 * static_cast<double>(count) / static_cast<double>(std::max<int64_t>(1, num_pixels));
    std::snprintf(share, sizeof(share), percent < 0.01 ? "under %.2f %%" : "%.3g %%",
                  std::max(percent, 0.01));
    text += (text.empty() ? "" : ", ") + std::string(share) + " " + kNames[static_cast<size_t>(kind)];
  }
  return text;
}

}  // namespace priorseg
