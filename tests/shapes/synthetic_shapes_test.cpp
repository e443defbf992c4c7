#include "priorseg/shapes/synthetic_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <chrono>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"

namespace priorseg {
namespace {

using testing::HasSubstr;

SyntheticShapeOptions family(const std::string& name) {
  SyntheticShapeOptions options;
  options.ellipses = name == "ellipses";
  options.rods = name == "rods";
  options.spindles = name == "spindles";
  options.contours = name == "contours";
  return options;
}

cv::Mat as_mat(const torch::Tensor& mask) {
  return cv::Mat(static_cast<int>(mask.size(0)), static_cast<int>(mask.size(1)), CV_32F,
                 mask.data_ptr<float>());
}

int connected_parts(const torch::Tensor& mask) {
  cv::Mat parts;
  return cv::connectedComponents(as_mat(mask) > 0, parts, 8) - 1;
}

class EveryFamily : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(SyntheticShapes, EveryFamily,
                         testing::Values("ellipses", "rods", "spindles", "contours"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(EveryFamily, HasTheExpectedShapeAndRange) {
  Random random(1);
  const torch::Tensor masks = draw_synthetic_masks(64, family(GetParam()), random);
  EXPECT_EQ(masks.sizes(), torch::IntArrayRef({64, 1, 32, 32}));
  EXPECT_EQ(masks.scalar_type(), torch::kFloat32);
  EXPECT_GE(masks.min().item<float>(), 0.0f);
  EXPECT_EQ(masks.max().item<float>(), 1.0f);
}

TEST_P(EveryFamily, FillsTheMiddleOfThePatchInBothDirections) {
  Random random(2);
  SyntheticShapeOptions options = family(GetParam());
  options.patch_size = 40;
  options.fill = 0.5;  // rows and columns 10 to 29, exactly
  const torch::Tensor masks = draw_synthetic_masks(200, options, random);
  for (const int64_t direction : {2, 3}) {
    const torch::Tensor used = masks.amax({1, direction}) > 0;  // [200,40]
    EXPECT_EQ(used.slice(1, 0, 10).sum().item<int64_t>(), 0);
    EXPECT_EQ(used.slice(1, 30, 40).sum().item<int64_t>(), 0);
    EXPECT_TRUE(used.slice(1, 10, 30).all().item<bool>());
  }
}

TEST_P(EveryFamily, TouchesAllSidesOfThePatchThatItFills) {
  Random random(2);
  SyntheticShapeOptions options = family(GetParam());
  options.fill = 1;
  const torch::Tensor masks = draw_synthetic_masks(100, options, random);
  EXPECT_FALSE(masks.isnan().any().item<bool>());
  for (const int64_t direction : {2, 3}) EXPECT_TRUE((masks.amax({1, direction}) > 0).all().item<bool>());
}

TEST_P(EveryFamily, DrawsOneConnectedObject) {
  Random random(3);
  SyntheticShapeOptions options = family(GetParam());
  options.max_axis_ratio = 5;
  options.elastic = 0.15;
  const torch::Tensor masks = draw_synthetic_masks(200, options, random);
  for (int64_t i = 0; i < masks.size(0); ++i) EXPECT_EQ(connected_parts(masks[i][0].contiguous()), 1) << i;
}

TEST_P(EveryFamily, IsRepeatableFromTheSeed) {
  Random first(4), second(4), other(5);
  const SyntheticShapeOptions options = family(GetParam());
  const torch::Tensor masks = draw_synthetic_masks(16, options, first);
  EXPECT_TRUE(torch::equal(masks, draw_synthetic_masks(16, options, second)));
  EXPECT_FALSE(torch::equal(masks, draw_synthetic_masks(16, options, other)));
}

TEST_P(EveryFamily, IsBinaryWithoutAntialias) {
  Random random(6), same(6);
  SyntheticShapeOptions options = family(GetParam());
  const torch::Tensor grey = draw_synthetic_masks(32, options, random);
  options.antialias = false;
  const torch::Tensor binary = draw_synthetic_masks(32, options, same);
  EXPECT_TRUE(torch::equal(binary, (grey >= 0.5).to(torch::kFloat32)));
  EXPECT_GT((grey != binary).sum().item<int64_t>(), 0);
}

TEST_P(EveryFamily, VariesFromMaskToMask) {
  Random random(7);
  const torch::Tensor masks = draw_synthetic_masks(200, family(GetParam()), random);
  EXPECT_GT(masks.std(0).max().item<float>(), 0.3f);
}

TEST(SyntheticShapes, DrawsFamiliesByTheirFrequency) {
  // Without deformation an axis ratio of 1 makes every ellipse the same disc; no spindle is a disc.
  SyntheticShapeOptions options;
  options.max_axis_ratio = 1;
  options.elastic = 0;
  Random random(8);
  const torch::Tensor disc = draw_synthetic_masks(1, options, random);
  options.ellipses = 3;
  options.spindles = 1;
  const torch::Tensor masks = draw_synthetic_masks(2000, options, random);
  const torch::Tensor is_disc = (masks - disc).abs().amax({1, 2, 3}) < 0.05;
  EXPECT_NEAR(is_disc.to(torch::kFloat32).mean().item<double>(), 0.75, 0.04);
}

TEST(SyntheticShapes, DiscHasTheAreaOfADisc) {
  SyntheticShapeOptions options;
  options.max_axis_ratio = 1;
  options.elastic = 0;
  Random random(9);
  const torch::Tensor areas = draw_synthetic_masks(5, options, random).sum({1, 2, 3});
  const double disc = 3.14159265 / 4 * std::pow(0.7 * 32, 2);
  for (int64_t i = 0; i < 5; ++i) EXPECT_NEAR(areas[i].item<double>(), disc, 0.005 * disc);
}

TEST(SyntheticShapes, ElasticDeformationChangesOutlines) {
  SyntheticShapeOptions options;
  options.max_axis_ratio = 1;
  options.elastic = 0;
  Random random(10);
  const torch::Tensor plain = draw_synthetic_masks(50, options, random);
  EXPECT_LT(plain.std(0).max().item<float>(), 0.05f);
  options.elastic = 0.06;
  EXPECT_GT(draw_synthetic_masks(50, options, random).std(0).max().item<float>(), 0.2f);
}

TEST(SyntheticShapes, NoMasksAreAnEmptyTensor) {
  Random random(11);
  EXPECT_EQ(draw_synthetic_masks(0, {}, random).sizes(), torch::IntArrayRef({0, 1, 32, 32}));
}

TEST(SyntheticShapes, DrawsThousandsASecond) {
  SyntheticShapeOptions options;
  options.rods = options.spindles = options.contours = 1;
  Random random(12);
  const auto start = std::chrono::steady_clock::now();
  draw_synthetic_masks(2000, options, random);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 5.0);  // about 0.3 s on one core; sanitizers and busy machines take longer
}

std::string message_of(const SyntheticShapeOptions& options) {
  try {
    check_options(options, "shapes.");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(SyntheticShapes, RejectsSettingsOutsideTheirRange) {
  SyntheticShapeOptions options;
  EXPECT_EQ(message_of(options), "");
  options.fill = 1.5;
  EXPECT_EQ(message_of(options), "shapes.fill is 1.5, expected 0.3 to 1");
  options = {};
  options.patch_size = 4;
  EXPECT_EQ(message_of(options), "shapes.patch_size is 4, expected 8 to 128");
  options = {};
  options.max_axis_ratio = 0.5;
  EXPECT_THAT(message_of(options), HasSubstr("max_axis_ratio is 0.5"));
  options = {};
  options.elastic = -1;
  EXPECT_THAT(message_of(options), HasSubstr("elastic is -1"));
  options = {};
  options.rods = -1;
  EXPECT_THAT(message_of(options), HasSubstr("rods is -1"));
  options = {};
  options.elastic = std::nan("");
  EXPECT_THAT(message_of(options), HasSubstr("elastic is nan"));
  options = {};
  options.ellipses = 0;
  EXPECT_THAT(message_of(options), HasSubstr("at least one family"));
  Random random(1);
  EXPECT_THROW(draw_synthetic_masks(1, options, random), Error);
  EXPECT_THROW(draw_synthetic_masks(-1, {}, random), Error);
}

}  // namespace
}  // namespace priorseg
