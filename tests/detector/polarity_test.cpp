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

Detector detector_of(Polarity polarity, const nlohmann::json& change = nlohmann::json::object()) {
  nlohmann::json intensity = {
      {"mapping", "local"},  {"background", "local"},       {"saturation", 0},
      {"signal_floor", 2.0}, {"withstand_artefacts", true}, {"polarity", name_of(polarity)}};
  intensity.merge_patch(change);
  return trained_detector({{"intensity", intensity}});
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

/// Ellipses that absorb, those of the right half less than half as much, in the green of a colour image of 8
/// bits.
torch::Tensor tissue_with_faint_stain(const std::vector<Ellipse>& ellipses) {
  const auto drawn = (draw_ellipses(ellipses, kFieldOfEllipses, kFieldOfEllipses)[0] - 100) / 200;
  auto share = torch::ones({kFieldOfEllipses});
  share.slice(0, kFieldOfEllipses / 2) = 0.4;
  const auto green = (230 * torch::pow(10, -0.6 * drawn * share)).round().clamp(0, 255);
  const auto glass = torch::full_like(green, 230);
  return torch::stack({glass, green, glass});
}

// Debris that took up a little of the stain has outlines as sharp as those of nuclei.
TEST(FindInEitherPolarity, FaintStainIsDroppedWhereThatIsAskedFor) {
  const auto ellipses = scattered_ellipses(kFieldOfEllipses, kFieldOfEllipses, 3);
  std::vector<Ellipse> strong, faint;
  for (const auto& ellipse : ellipses)
    if (std::abs(ellipse.x - kFieldOfEllipses / 2.0) > 10)  // the others are stained in part
      (ellipse.x < kFieldOfEllipses / 2.0 ? strong : faint).push_back(ellipse);
  const auto field = tissue_with_faint_stain(ellipses);
  const auto tissue = detector_of(Polarity::kAbsorbing, {{"signal_floor", 0.2}, {"channel", "green"}});
  auto inference = tissue.options().inference;
  inference.presence = 0.02;
  const auto all = tissue.find({field, 1}, inference);
  inference.stain_min_contrast = 1;
  const auto stained = tissue.find({field, 1}, inference);
  EXPECT_GT(count_found(all, faint, 0.5), static_cast<int64_t>(faint.size()) / 2);
  EXPECT_EQ(count_found(stained, faint, 0.5), 0);
  EXPECT_EQ(count_found(stained, strong, 0.5), count_found(all, strong, 0.5));
  EXPECT_GT(count_found(stained, strong, 0.5), static_cast<int64_t>(strong.size()) / 2);
  // Where no stain is looked at, what is faint may be an object like any other.
  const auto grey = detector_of(Polarity::kDark, {{"signal_floor", 0.2}, {"channel", "green"}});
  const auto kept = grey.find({field, 1}, inference);
  EXPECT_GT(kept.objects.size(), 5u);
  inference.stain_min_contrast = 0;
  expect_same(kept, grey.find({field, 1}, inference));
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
