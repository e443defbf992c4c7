#include "priorseg/output/measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

torch::Tensor blank(int64_t height, int64_t width) { return torch::zeros({height, width}, torch::kInt32); }

torch::Tensor filled_ellipse(double half_major, double half_minor, double degrees_from_y_to_x, int side) {
  torch::Tensor labels = blank(side, side);
  auto values = labels.accessor<int32_t, 2>();
  const double angle = degrees_from_y_to_x * std::numbers::pi / 180;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double u = x - (side - 1) / 2.0, v = y - (side - 1) / 2.0;
      const double along = u * std::sin(angle) + v * std::cos(angle),
                   across = u * std::cos(angle) - v * std::sin(angle);
      values[y][x] = std::hypot(along / half_major, across / half_minor) <= 1;
    }
  return labels;
}

ObjectMeasurements measure_one(const torch::Tensor& labels) {
  const auto objects = measure_objects(labels, torch::ones({1, labels.size(0), labels.size(1)}), {});
  EXPECT_EQ(objects.size(), 1u);
  return objects.at(0);
}

TEST(Measurements, OfARectangle) {
  torch::Tensor labels = blank(20, 30);
  labels.slice(0, 4, 10).slice(1, 7, 19) = 1;  // 6 rows, 12 columns
  const ObjectMeasurements object = measure_one(labels);
  EXPECT_EQ(object.area, 72);
  EXPECT_DOUBLE_EQ(object.centroid_x, 13);
  EXPECT_DOUBLE_EQ(object.centroid_y, 7);
  EXPECT_EQ(object.x0, 7);
  EXPECT_EQ(object.y0, 4);
  EXPECT_EQ(object.x1, 19);
  EXPECT_EQ(object.y1, 10);
  // n equally spaced points have variance (n^2 - 1) / 12.
  EXPECT_NEAR(object.major_axis_length, 4 * std::sqrt(143 / 12.0), 1e-9);
  EXPECT_NEAR(object.minor_axis_length, 4 * std::sqrt(35 / 12.0), 1e-9);
  EXPECT_NEAR(object.eccentricity, std::sqrt(1 - 35.0 / 143), 1e-9);
  EXPECT_NEAR(object.orientation, 90, 1e-9);
  // Crossings: 2 x 6 + 2 x 12 straight, 2 x 2 x (6 + 12 - 1) diagonal.
  EXPECT_NEAR(object.perimeter, std::numbers::pi / 8 * (36 + 68 / std::sqrt(2.0)), 1e-9);
  EXPECT_TRUE(std::isnan(object.score));
}

TEST(Measurements, OfACircle) {
  const ObjectMeasurements object = measure_one(filled_ellipse(40, 40, 0, 101));
  EXPECT_NEAR(object.area, std::numbers::pi * 1600, 30);
  EXPECT_NEAR(object.major_axis_length, 80, 0.3);
  EXPECT_NEAR(object.minor_axis_length, 80, 0.3);
  EXPECT_NEAR(object.eccentricity, 0, 0.05);
  EXPECT_NEAR(object.perimeter, 2 * std::numbers::pi * 40, 0.02 * 2 * std::numbers::pi * 40);
}

TEST(Measurements, OfTurnedEllipses) {
  for (const double degrees : {-80.0, -45.0, -20.0, 0.0, 30.0, 45.0, 60.0}) {
    const ObjectMeasurements object = measure_one(filled_ellipse(40, 15, degrees, 101));
    EXPECT_NEAR(object.orientation, degrees, 0.5);
    EXPECT_NEAR(object.major_axis_length, 80, 0.5);
    EXPECT_NEAR(object.minor_axis_length, 30, 0.5);
    EXPECT_NEAR(object.eccentricity, std::sqrt(1 - 225.0 / 1600), 0.01);
  }
}

TEST(Measurements, OfASinglePixelAndALine) {
  torch::Tensor labels = blank(3, 9);
  labels[0][8] = 1;
  ObjectMeasurements object = measure_one(labels);
  EXPECT_EQ(object.area, 1);
  EXPECT_DOUBLE_EQ(object.centroid_x, 8.5);
  EXPECT_DOUBLE_EQ(object.centroid_y, 0.5);
  EXPECT_EQ(object.major_axis_length, 0);
  EXPECT_EQ(object.eccentricity, 0);
  EXPECT_NEAR(object.perimeter, std::numbers::pi / 8 * (4 + 4 / std::sqrt(2.0)), 1e-12);

  labels.zero_()[1].slice(0, 2, 7) = 1;
  object = measure_one(labels);
  EXPECT_EQ(object.minor_axis_length, 0);
  EXPECT_EQ(object.eccentricity, 1);
}

TEST(Measurements, KeepGapsOfLabelsAndTakeTheirScores) {
  torch::Tensor labels = blank(1, 6);
  labels[0][1] = 2;
  labels[0][4] = 5;
  const auto objects = measure_objects(labels, torch::ones({1, 1, 6}), {.1f, .2f, .3f, .4f, .5f});
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].label, 2);
  EXPECT_FLOAT_EQ(static_cast<float>(objects[0].score), .2f);
  EXPECT_EQ(objects[1].label, 5);
  EXPECT_FLOAT_EQ(static_cast<float>(objects[1].score), .5f);
}

TEST(Measurements, TakeTheMeanOfChannels) {
  torch::Tensor labels = blank(1, 3);
  labels[0][0] = labels[0][1] = 1;
  const torch::Tensor pixels =
      torch::tensor({10.f, 20.f, 99.f, 20.f, 40.f, 99.f, 60.f, 60.f, 99.f}).view({3, 1, 3});
  const auto objects = measure_objects(labels, pixels, {});
  EXPECT_DOUBLE_EQ(objects[0].min_intensity, 30);
  EXPECT_DOUBLE_EQ(objects[0].max_intensity, 40);
  EXPECT_DOUBLE_EQ(objects[0].sum_intensity, 70);
  EXPECT_DOUBLE_EQ(objects[0].mean_intensity, 35);
}

/// Blocks of random labels: objects of several parts, at borders, touching each other.
torch::Tensor random_labels(int64_t height, int64_t width) {
  const torch::Tensor blocks = torch::randint(0, 9, {height / 3 + 1, width / 3 + 1}, torch::kInt32);
  return blocks.repeat_interleave(3, 0)
      .repeat_interleave(3, 1)
      .slice(0, 0, height)
      .slice(1, 0, width)
      .contiguous();
}

TEST(Measurements, OfEveryChannelAreThoseOfItAlone) {
  torch::manual_seed(4);
  const auto labels = torch::randint(0, 4, {12, 9}, torch::kInt32);
  auto channels = torch::rand({3, 12, 9});
  channels[1].masked_fill_(labels.eq(2), std::numeric_limits<float>::quiet_NaN());
  RunningMeasurements together(9);
  for (const auto& [first, last] : {std::pair{0, 5}, {5, 6}, {6, 12}})
    together.add_rows(labels.slice(0, first, last), channels.slice(1, first, last),
                      channels.slice(1, first, last));
  const auto objects = together.finish({});
  ASSERT_EQ(objects.size(), 3u);
  for (int channel = 0; channel < 3; ++channel) {
    const auto alone = measure_objects(labels, channels.slice(0, channel, channel + 1), {});
    for (size_t i = 0; i < objects.size(); ++i) {
      ASSERT_EQ(objects[i].channels.size(), 3u);
      const auto& values = objects[i].channels[channel];
      if (channel == 1 && i == 1) {
        EXPECT_TRUE(std::isnan(values.mean) && std::isnan(values.sum));
        continue;
      }
      EXPECT_DOUBLE_EQ(values.mean, alone[i].mean_intensity);
      EXPECT_DOUBLE_EQ(values.min, alone[i].min_intensity);
      EXPECT_DOUBLE_EQ(values.max, alone[i].max_intensity);
      EXPECT_DOUBLE_EQ(values.sum, alone[i].sum_intensity);
    }
  }
  EXPECT_THAT(error_message([&] { RunningMeasurements(9).add_rows(labels, channels, channels[0]); }),
              HasSubstr("channels"));
}

TEST(Measurements, AgreeWithSlowLoops) {
  torch::manual_seed(3);
  const torch::Tensor labels = random_labels(40, 53), pixels = torch::rand({1, 40, 53}) * 1000 - 100;
  const auto objects = measure_objects(labels, pixels, {});
  ASSERT_EQ(objects.size(), 8u);
  for (const ObjectMeasurements& object : objects) {
    const torch::Tensor mask = labels.eq(object.label);
    const torch::Tensor inside = pixels[0].masked_select(mask).to(torch::kFloat64);
    EXPECT_EQ(object.area, mask.sum().item<int64_t>());
    EXPECT_NEAR(object.sum_intensity, inside.sum().item<double>(), 1e-6);
    EXPECT_NEAR(object.mean_intensity, inside.mean().item<double>(), 1e-9);
    EXPECT_EQ(object.min_intensity, inside.min().item<double>());
    EXPECT_EQ(object.max_intensity, inside.max().item<double>());
    const torch::Tensor positions = mask.nonzero().to(torch::kFloat64);  // (y, x)
    EXPECT_NEAR(object.centroid_y, positions.select(1, 0).mean().item<double>() + 0.5, 1e-9);
    EXPECT_NEAR(object.centroid_x, positions.select(1, 1).mean().item<double>() + 0.5, 1e-9);
    EXPECT_EQ(object.y0, positions.select(1, 0).min().item<double>());
    EXPECT_EQ(object.x1, positions.select(1, 1).max().item<double>() + 1);
    EXPECT_EQ(object.x0, positions.select(1, 1).min().item<double>());
    EXPECT_EQ(object.y1, positions.select(1, 0).max().item<double>() + 1);
    const torch::Tensor centred = positions - positions.mean(0, true);
    const torch::Tensor covariance = centred.t().mm(centred) / static_cast<double>(object.area);
    cv::Mat matrix(2, 2, CV_64F, covariance.data_ptr<double>()), values, vectors;
    cv::eigen(matrix, values, vectors);  // rows (y, x), largest first
    EXPECT_NEAR(object.major_axis_length, 4 * std::sqrt(values.at<double>(0)), 1e-8);
    EXPECT_NEAR(object.minor_axis_length, 4 * std::sqrt(values.at<double>(1)), 1e-8);
    double angle = std::atan2(vectors.at<double>(0, 1), vectors.at<double>(0, 0)) * 180 / std::numbers::pi;
    if (angle > 90) angle -= 180;
    if (angle <= -90) angle += 180;
    EXPECT_NEAR(object.orientation, angle, 1e-6);
  }
}

TEST(Measurements, PerimeterCountsCrossingsOfLines) {
  torch::manual_seed(4);
  const torch::Tensor labels = random_labels(31, 37);
  const torch::Tensor framed = torch::constant_pad_nd(labels, {1, 1, 1, 1}, 0);
  for (const ObjectMeasurements& object : measure_objects(labels, torch::zeros({1, 31, 37}), {})) {
    const torch::Tensor mask = framed.eq(object.label);
    const auto crossings = [&](int64_t dy, int64_t dx) {  // along all lines of this direction
      return mask.ne(mask.roll({dy, dx}, {0, 1})).sum().item<double>();
    };
    const double expected =
        std::numbers::pi / 8 *
        (crossings(0, 1) + crossings(1, 0) + (crossings(1, 1) + crossings(1, -1)) / std::sqrt(2.0));
    EXPECT_NEAR(object.perimeter, expected, 1e-9);
  }
}

TEST(Measurements, StayExactFarFromTheOrigin) {
  torch::Tensor labels = blank(3, 200000);
  labels.slice(1, 199000, 199004) = 1;
  const ObjectMeasurements object = measure_one(labels);
  EXPECT_NEAR(object.major_axis_length, 4 * std::sqrt(15 / 12.0), 1e-12);
  EXPECT_NEAR(object.minor_axis_length, 4 * std::sqrt(8 / 12.0), 1e-12);
  EXPECT_DOUBLE_EQ(object.centroid_x, 199002);
}

TEST(Measurements, ManyObjects) {
  const torch::Tensor labels = torch::arange(1, 300001, torch::kInt32).view({500, 600});
  const auto objects = measure_objects(labels, labels.to(torch::kFloat32).unsqueeze(0), {});
  ASSERT_EQ(objects.size(), 300000u);
  EXPECT_EQ(objects[299999].label, 300000);
  EXPECT_EQ(objects[299999].sum_intensity, 300000);
}

TEST(Measurements, OfNothing) {
  EXPECT_TRUE(measure_objects(blank(5, 6), torch::zeros({1, 5, 6}), {}).empty());
  EXPECT_TRUE(measure_objects(blank(0, 6), torch::zeros({1, 0, 6}), {}).empty());
}

TEST(Measurements, RefuseWrongInput) {
  const torch::Tensor labels = blank(5, 6), pixels = torch::zeros({1, 5, 6});
  EXPECT_THAT(error_message([&] {
                measure_objects(labels, torch::zeros({1, 6, 5}), {});
              }),
              HasSubstr("pixels has shape"));
  EXPECT_THAT(error_message([&] { measure_objects(pixels, pixels, {}); }), HasSubstr("labels has shape"));
  EXPECT_THAT(error_message([&] { measure_objects(pixels[0], pixels, {}); }), HasSubstr("int32"));
  EXPECT_THAT(error_message([&] { measure_objects(labels, pixels.to(torch::kFloat64), {}); }),
              HasSubstr("float32"));
  EXPECT_THAT(error_message([&] { measure_objects(labels - 1, pixels, {}); }), HasSubstr("negative"));
  EXPECT_THAT(error_message([&] { measure_objects(labels + 3, pixels, {0.5f}); }), HasSubstr("1 scores"));
  EXPECT_THAT(error_message([&] { measure_objects(labels + 2000000000, pixels, {}); }),
              HasSubstr("2000000000"));
}

TEST(Measurements, LeaveOutWhatIsNotANumber) {
  auto labels = torch::zeros({6, 8}, torch::kInt32);
  labels.slice(0, 1, 3).slice(1, 1, 5).fill_(1);
  labels.slice(0, 4, 6).slice(1, 1, 5).fill_(2);
  auto pixels = torch::full({1, 6, 8}, 50.0);
  pixels[0][1][1] = NAN;
  pixels[0][2][2] = 90;
  pixels.slice(1, 4, 6).fill_(NAN);
  const auto objects = measure_objects(labels, pixels, {});
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].area, 8);
  EXPECT_EQ(objects[0].min_intensity, 50);
  EXPECT_EQ(objects[0].max_intensity, 90);
  EXPECT_DOUBLE_EQ(objects[0].mean_intensity, (6 * 50 + 90) / 7.0);
  EXPECT_TRUE(std::isnan(objects[1].mean_intensity));
  EXPECT_TRUE(std::isnan(objects[1].min_intensity));
}

}  // namespace
}  // namespace priorseg
