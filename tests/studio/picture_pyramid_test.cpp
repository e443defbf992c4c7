#include "priorseg/studio/picture_pyramid.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <opencv2/imgcodecs.hpp>

#include "priorseg/core/error.h"

namespace priorseg::test {
namespace {

/// [3 channels, BGR] of PNG bytes.
cv::Mat decoded(const std::string& png) {
  return cv::imdecode(std::vector<uint8_t>(png.begin(), png.end()), cv::IMREAD_COLOR);
}

ImageInput slope(int64_t height, int64_t width, int64_t channels = 1) {
  const auto pixels =
      torch::arange(height * width, torch::kFloat32).view({1, height, width}).repeat({channels, 1, 1});
  return {Image(pixels, 1), "slope"};
}

TEST(PicturePyramid, TilesMakeUpThePicture) {
  const PicturePyramid picture(slope(700, 1100), 0, ImageChannel::kAuto);
  EXPECT_EQ(picture.top_level(), 11);  // 1100 halves to 1 in 11 steps
  const std::vector<std::pair<int, int>> sizes = {{512, 512}, {512, 512}, {76, 512}};
  for (int column = 0; column < 3; ++column) {
    const auto tile = decoded(picture.tile(11, column, 0));
    EXPECT_EQ(tile.cols, sizes[static_cast<size_t>(column)].first);
    EXPECT_EQ(tile.rows, 512);
  }
  EXPECT_EQ(decoded(picture.tile(11, 0, 1)).rows, 188);
  EXPECT_EQ(decoded(picture.tile(10, 1, 0)).cols, 38);
  EXPECT_EQ(decoded(picture.tile(0, 0, 0)).size(), cv::Size(1, 1));
}

TEST(PicturePyramid, SpreadsGreyValuesAndHalvesByMeans) {
  const PicturePyramid picture(slope(600, 800), 0, ImageChannel::kAuto);
  EXPECT_NEAR(picture.darkest(), 480, 820);  // a thousandth of 480,000; rows are sampled
  EXPECT_NEAR(picture.brightest(), 479520, 820);
  const auto full = decoded(picture.tile(10, 0, 0)), half = decoded(picture.tile(9, 0, 0));
  for (const auto& [x, y] : {std::pair{3, 5}, std::pair{100, 250}, std::pair{255, 255}}) {
    double sum = 0;
    for (const int dy : {0, 1})
      for (const int dx : {0, 1}) sum += full.at<cv::Vec3b>(2 * y + dy, 2 * x + dx)[0];
    EXPECT_NEAR(half.at<cv::Vec3b>(y, x)[0], sum / 4, .51);
  }
}

TEST(PicturePyramid, ShowsColoursOrOneOfThem) {
  auto pixels = torch::zeros({3, 20, 30});
  pixels[0].slice(1, 0, 15).fill_(200);
  pixels[1].slice(1, 15, 30).fill_(200);
  const ImageInput image(Image(pixels, 1), "two colours");
  const auto colours = decoded(PicturePyramid(image, 0, ImageChannel::kAuto).tile(5, 0, 0));
  EXPECT_EQ(colours.at<cv::Vec3b>(3, 3), cv::Vec3b(0, 0, 255));
  EXPECT_EQ(colours.at<cv::Vec3b>(3, 20), cv::Vec3b(0, 255, 0));
  const auto red = decoded(PicturePyramid(image, 0, ImageChannel::kRed).tile(5, 0, 0));
  EXPECT_EQ(red.at<cv::Vec3b>(3, 3), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(red.at<cv::Vec3b>(3, 20), cv::Vec3b(0, 0, 0));
}

TEST(PicturePyramid, HasNoOtherTiles) {
  const PicturePyramid picture(slope(512, 512), 0, ImageChannel::kAuto);
  EXPECT_NO_THROW(picture.tile(9, 0, 0));
  for (const auto& [level, column, row] :
       {std::tuple{10, 0, 0}, std::tuple{-1, 0, 0}, std::tuple{9, 1, 0}, std::tuple{9, 0, 1},
        std::tuple{9, -1, 0}, std::tuple{9, 0, 1 << 30}})
    EXPECT_THROW(picture.tile(level, column, row), Error) << level << " " << column << " " << row;
  EXPECT_THROW(PicturePyramid(slope(5, 5), 1, ImageChannel::kAuto), Error);
}

TEST(PicturePyramid, OfOneGreyValueAndOfNoNumbersIsBlack) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  for (const float value : {7.F, nan}) {
    const ImageInput image(Image(torch::full({1, 9, 9}, value), 0), "flat");
    EXPECT_EQ(decoded(PicturePyramid(image, 0, ImageChannel::kAuto).thumbnail(4)).at<cv::Vec3b>(0, 0)[0], 0);
  }
}

TEST(PicturePyramid, TintsGreyPictures) {
  const PicturePyramid picture(slope(40, 60), 0, ImageChannel::kAuto);
  const auto grey = decoded(picture.tile(6, 0, 0)), tinted = decoded(picture.tile(6, 0, 0, {255, 0, 128}));
  for (const auto& [x, y] : {std::pair{0, 0}, std::pair{30, 20}, std::pair{59, 39}}) {
    const int value = grey.at<cv::Vec3b>(y, x)[0];
    EXPECT_EQ(grey.at<cv::Vec3b>(y, x)[2], value);
    EXPECT_EQ(tinted.at<cv::Vec3b>(y, x),
              cv::Vec3b(static_cast<uint8_t>(value * 128 / 255), 0, static_cast<uint8_t>(value)));
  }
}

}  // namespace
}  // namespace priorseg::test
