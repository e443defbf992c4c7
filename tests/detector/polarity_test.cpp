// Objects of either polarity are found, by a setting or because nothing is found without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using namespace test;

constexpr int64_t kFieldOfEllipses = 256;

torch::Tensor bright_field() {
  return draw_ellipses(scattered_ellipses(kFieldOfEllipses, kFieldOfEllipses, 3), kFieldOfEllipses,
                       kFieldOfEllipses);
}

Detector detector_of(Polarity polarity) {
  return trained_detector({{"intensity",
                            {{"mapping", "local"},
                             {"background", "local"},
                             {"saturation", 0},
                             {"signal_floor", 2.0},
                             {"withstand_artefacts", true},
                             {"polarity", name_of(polarity)}}}});
}

FoundRows look(const Detector& detector, const torch::Tensor& pixels, const InferenceOptions& inference) {
  FoundRows all;
  detector.find_in_bands(Image(pixels, 0), Detector::kBandPixels, inference,
                         [&](const FoundRows& piece) { all = piece; });
  return all;
}

void expect_same(const Detections& a, const Detections& b) {
  ASSERT_EQ(a.objects.size(), b.objects.size());
  for (size_t i = 0; i < a.objects.size(); ++i) EXPECT_EQ(a.objects[i].bits, b.objects[i].bits);
}

TEST(FindInEitherPolarity, DarkObjectsAreFoundAsBrightOnesInTheNegative) {
  const auto field = bright_field();
  const auto bright = detector_of(Polarity::kBright).find({field, 0}),
             dark = detector_of(Polarity::kDark).find({-field, 0});
  EXPECT_GT(bright.objects.size(), 5u);
  expect_same(bright, dark);
}

// What is absorbed is much smaller than a step of the file's grey values.
TEST(FindInEitherPolarity, WhatAbsorbsIsFoundInAnImageOfEightBits) {
  const auto field = bright_field();
  const auto light =
      (250 * torch::pow(10, -0.6 * (field - field.min()) / (field.max() - field.min()))).round();
  const auto absorbing = detector_of(Polarity::kAbsorbing).find({light, 1}),
             bright = detector_of(Polarity::kBright).find({field, 0});
  EXPECT_NEAR(static_cast<double>(absorbing.objects.size()), static_cast<double>(bright.objects.size()), 1);
}

// Stained tissue among fluorescence, as purple on white: the mean of the channels is dark where objects are.
TEST(FindInEitherPolarity, AStainedImageIsFoundByAModelOfBrightObjects) {
  const auto nuclei = (bright_field()[0] - 100) / 200;
  const auto stained = torch::stack({240 - 120 * nuclei, 200 - 150 * nuclei, 230 - 60 * nuclei}).round();
  const auto detector = detector_of(Polarity::kBright);
  auto inference = detector.options().inference;
  inference.other_polarity = true;
  const auto found = look(detector, stained, inference);
  EXPECT_TRUE(found.is_inverted);
  EXPECT_NEAR(static_cast<double>(found.found.objects.size()),
              static_cast<double>(detector.find({bright_field(), 0}).objects.size()), 1);
}

TEST(FindInEitherPolarity, TheCallMaySayThePolarity) {
  const auto detector = detector_of(Polarity::kBright);
  auto inference = detector.options().inference;
  inference.polarity = Polarity::kDark;
  expect_same(detector.find({-bright_field(), 0}, inference), detector.find({bright_field(), 0}));
}

TEST(FindInEitherPolarity, AnImageOfTheOtherPolarityIsInvertedWhereThatIsAskedFor) {
  const auto detector = detector_of(Polarity::kBright);
  auto inference = detector.options().inference;
  const auto lost = look(detector, -bright_field(), inference);
  EXPECT_TRUE(lost.is_unexplained());
  EXPECT_TRUE(lost.looks_opposite);
  EXPECT_FALSE(lost.is_inverted);
  inference.other_polarity = true;
  const auto inverted = look(detector, -bright_field(), inference);
  EXPECT_TRUE(inverted.is_inverted);
  EXPECT_TRUE(inverted.is_plainly_explained());
  expect_same(inverted.found, detector.find({bright_field(), 0}));
  const auto usual = look(detector, bright_field(), inference);
  EXPECT_FALSE(usual.is_inverted);
  inference.polarity = Polarity::kBright;  // what is asked for is not changed
  EXPECT_FALSE(look(detector, -bright_field(), inference).is_inverted);
}

// Objects that cover nearly all of an image leave gaps, and gaps are no objects of the other polarity.
TEST(FindInEitherPolarity, GapsOfACrowdAreNotTakenForObjects) {
  auto crowd = torch::full({1, kFieldOfEllipses, kFieldOfEllipses}, 1000.0);
  crowd += 10 * torch::sin(torch::arange(kFieldOfEllipses, torch::kFloat32));
  for (int64_t line = 10; line < kFieldOfEllipses; line += 40) {
    crowd.slice(1, line, line + 6) = 100;
    crowd.slice(2, line, line + 6) = 100;
  }
  const auto detector = detector_of(Polarity::kBright);
  auto inference = detector.options().inference;
  const auto lost = look(detector, crowd, inference);
  ASSERT_TRUE(lost.is_unexplained() && lost.looks_opposite);
  inference.other_polarity = true;
  EXPECT_FALSE(look(detector, crowd, inference).is_inverted);
}

TEST(FindInEitherPolarity, FiguresOfWhatStandsOut) {
  const auto detector = detector_of(Polarity::kBright);
  const auto found = look(detector, bright_field(), detector.options().inference);
  EXPECT_GT(found.standing_out, 0);
  EXPECT_GT(found.explained, found.standing_out / 2);
  EXPECT_LE(found.explained, found.standing_out);
}

}  // namespace
}  // namespace priorseg
