#include "priorseg/detector/teaching_image.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using namespace test;

torch::Tensor disk(double x, double y, double radius) {
  return pixels_of(Ellipse{x, y, radius, radius}, 32, 32).to(torch::kFloat32);
}

TEST(EllipseFill, IsOneForEllipsesAndLessForWhatIsConcaveOrInPieces) {
  const auto ellipse = pixels_of(Ellipse{16, 16, 12, 5}, 32, 32).to(torch::kFloat32);
  const auto two = torch::maximum(disk(9, 16, 7), disk(23, 16, 7));
  const auto apart = torch::maximum(disk(6, 6, 5), disk(26, 26, 5));
  const auto fill =
      ellipse_fill(torch::stack({disk(16, 16, 11), ellipse, two, apart, torch::zeros({32, 32})}));
  EXPECT_NEAR(fill[0].item<double>(), 1, 0.01);
  EXPECT_NEAR(fill[1].item<double>(), 1, 0.02);
  EXPECT_NEAR(fill[2].item<double>(), 0.89, 0.02);
  EXPECT_LT(fill[3].item<double>(), 0.6);
  EXPECT_EQ(fill[4].item<double>(), 0);
}

class Teach : public testing::Test {
 protected:
  TeachingImage taught_with(double min_score) {
    auto teacher = trained_detector({{"self_training", {{"min_score", min_score}, {"refine_steps", 2}}}});
    return teach(teacher, {pixels_, 0}).front();
  }
  /// Of `map`, where the centres of the ellipses lie in it.
  std::vector<float> at_centres(const torch::Tensor& map, int64_t padding) const {
    std::vector<float> values;
    for (const auto& ellipse : ellipses_)
      values.push_back(
          map[static_cast<int64_t>(ellipse.y) + padding][static_cast<int64_t>(ellipse.x) + padding]
              .item<float>());
    return values;
  }

  const std::vector<Ellipse> ellipses_ = scattered_ellipses(96, 112, 4);
  const torch::Tensor pixels_ = draw_ellipses(ellipses_, 96, 112);
  const int64_t padding_ = tiny_options().localizer.cell_size();
};

TEST_F(Teach, TellsHowMuchOfTheBrightPartsItExplains) {
  const auto image = taught_with(0.3);
  EXPECT_GT(image.bright, 500);
  EXPECT_GT(explained_share({image}), 0.8);
  auto blind = trained_detector({{"inference", {{"min_contrast", 1e6}}}});
  const auto nothing = teach(blind, {pixels_, 0}).front();
  EXPECT_NEAR(static_cast<double>(nothing.bright), static_cast<double>(image.bright), 1);
  EXPECT_EQ(explained_share({nothing}), 0);
  EXPECT_NEAR(explained_share({image, nothing}), explained_share({image}) / 2, 0.01);
  EXPECT_EQ(explained_share(teach(blind, {draw_ellipses({}, 96, 112), 0})), 1) << "nothing stands out";
}

TEST_F(Teach, GivesTheObjectsInTheFrameOfTheNetworkImage) {
  const auto image = taught_with(0.3);
  ASSERT_GE(image.boxes.size(0), static_cast<int64_t>(ellipses_.size()) - 2);
  for (int64_t n = 0; n < image.boxes.size(0); ++n) {
    double nearest = 1e9;
    for (const auto& ellipse : ellipses_)
      nearest = std::min(
          nearest, std::hypot(image.boxes[n][0].item<double>() - ellipse.x - static_cast<double>(padding_),
                              image.boxes[n][1].item<double>() - ellipse.y - static_cast<double>(padding_)));
    EXPECT_LT(nearest, 4) << n;
  }
}

TEST_F(Teach, KnowsWhereItsTrustedObjectsAre) {
  const auto image = taught_with(0.1);
  EXPECT_GT(image.trusted.sum().item<int64_t>(), static_cast<int64_t>(ellipses_.size()) / 2);
  for (int64_t n = 0; n < image.boxes.size(0); ++n) {
    if (!image.trusted[n].item<bool>()) continue;
    const auto y = static_cast<int64_t>(image.boxes[n][1].item<double>()),
               x = static_cast<int64_t>(image.boxes[n][0].item<double>());
    EXPECT_EQ(image.unknown[y][x].item<float>(), 0) << n;
  }
}

TEST_F(Teach, DoesNotKnowBrightPlacesWithoutATrustedObject) {
  const auto image = taught_with(1);
  EXPECT_EQ(image.trusted.sum().item<int64_t>(), 0);
  for (const float unknown : at_centres(image.unknown, padding_)) EXPECT_EQ(unknown, 1);
}

TEST_F(Teach, KnowsTheBackgroundAndNotThePadding) {
  const auto image = taught_with(0.3);
  EXPECT_TRUE((image.unknown.slice(0, 0, padding_) == 1).all().item<bool>());
  EXPECT_TRUE((image.unknown.slice(1, 0, padding_) == 1).all().item<bool>());
  EXPECT_EQ(image.unknown[padding_ + 2][padding_ + 2].item<float>(), 0);
  EXPECT_EQ(image.unknown.sizes(), image.mapped.sizes());
}

TEST_F(Teach, LeavesTheSettingsOfTheTeacherAlone) {
  auto teacher = trained_detector({{"inference", {{"presence", 0.4}}}});
  teach(teacher, {pixels_, 0});
  EXPECT_EQ(teacher.options().inference.presence, 0.4);
  EXPECT_EQ(teacher.options().inference.refine_steps, 0);
}

TEST_F(Teach, FindsNothingInNoise) {
  auto teacher = trained_detector();
  const auto image = teach(teacher, {draw_ellipses({}, 64, 64), 0}).front();
  EXPECT_EQ(image.boxes.size(0), 0);
  EXPECT_EQ(image.masks.size(0), 0);
  EXPECT_EQ(
      image.unknown.slice(0, padding_, padding_ + 64).slice(1, padding_, padding_ + 64).sum().item<float>(),
      0);
}

}  // namespace
}  // namespace priorseg
