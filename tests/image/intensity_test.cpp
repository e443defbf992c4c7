#include "priorseg/image/intensity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <string>

#include "priorseg/core/options.h"
#include "support/artefact_scene.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

constexpr double kLargestObject = 20;

IntensityOptions mapped_by(IntensityMapping mapping, double noise_floor = 0) {
  IntensityOptions options;
  options.mapping = mapping;
  options.noise_floor = noise_floor;
  options.saturation = 1;
  options.neighbourhood = 1;
  options.truncate_mean = 0;
  return options;
}

torch::Tensor map(const torch::Tensor& grey, const IntensityOptions& options, double quantum = 0) {
  return map_intensity(grey, measure_image(grey, quantum), options, kLargestObject);
}

/// Noise of one grey value on a background of 100, with bright squares of the given heights above it.
torch::Tensor squares(const std::vector<double>& heights, double sigma = 1) {
  torch::manual_seed(1);
  auto grey = 100 + sigma * torch::randn({60, 60 * static_cast<int64_t>(heights.size())});
  for (size_t i = 0; i < heights.size(); ++i) {
    const auto left = static_cast<int64_t>(60 * i + 24);
    grey.slice(0, 24, 36).slice(1, left, left + 12).add_(heights[i]);
  }
  return grey;
}

TEST(MeasureImage, SaturatedObjectsAreNotTheBackground) {
  torch::manual_seed(5);
  auto grey = 100 + 3 * torch::randn({200, 200});
  grey.slice(0, 0, 60).fill_(255);  // 30 %, all of one value
  const auto of_objects = measure_image(grey, 1);
  EXPECT_NEAR(of_objects.background, 100, 2);
  EXPECT_NEAR(of_objects.noise, 3, 1);
  grey.slice(0, 0, 140).fill_(255);  // a saturated ground with dark objects
  EXPECT_EQ(measure_image(grey, 1).background, 255);
}

TEST(MeasureImage, FindsBackgroundAndNoiseBesideBrightObjects) {
  const auto statistics = measure_image(squares({50, 500}, 2), 0);
  EXPECT_NEAR(statistics.background, 100, 1);
  EXPECT_NEAR(statistics.noise, 2, 0.4);
  EXPECT_GT(statistics.threshold, 10);
  EXPECT_LT(statistics.threshold, 500);
}

TEST(MeasureImage, ThresholdSeparatesTwoGreyValues) {
  auto grey = torch::full({20, 20}, 10.0);
  grey.slice(0, 0, 5).fill_(50);
  const auto statistics = measure_image(grey, 1);
  EXPECT_EQ(statistics.background, 10);
  EXPECT_GT(statistics.threshold, 0);
  EXPECT_LT(statistics.threshold, 40);
}

TEST(MeasureImage, FlatImageHasTheNoiseOfItsQuantisation) {
  const auto statistics = measure_image(torch::full({9, 7}, 42.0), 1);
  EXPECT_EQ(statistics.background, 42);
  EXPECT_NEAR(statistics.noise, 1 / std::sqrt(12.0), 1e-9);
  EXPECT_EQ(statistics.threshold, 0);
  EXPECT_EQ(measure_image(torch::full({9, 7}, 42.0), 0).noise, 0);
}

TEST(MeasureImage, TakesImagesOfOnePixelAndOfNone) {
  EXPECT_EQ(measure_image(torch::full({1, 1}, 7.0), 0).background, 7);
  EXPECT_EQ(measure_image(torch::zeros({0, 5}), 0).background, 0);
}

TEST(MeasureImage, FewVeryBrightPixelsDoNotTakeTheThreshold) {
  auto grey = squares({50});
  const double before = measure_image(grey, 0).threshold;
  grey[0][0] = 1e6;
  EXPECT_NEAR(measure_image(grey, 0).threshold, before, 5);
}

class EachMapping : public testing::TestWithParam<IntensityMapping> {};

INSTANTIATE_TEST_SUITE_P(Mapping, EachMapping,
                         testing::Values(IntensityMapping::kLinear, IntensityMapping::kPower,
                                         IntensityMapping::kSaturate, IntensityMapping::kLocal),
                         [](const auto& mapping) { return name_of(mapping.param); });

TEST_P(EachMapping, GivesFiniteValuesFromZeroToOne) {
  for (const auto& grey :
       {squares({20, 400}), torch::full({5, 9}, 3.0), torch::zeros({1, 1}), 1e6 * torch::randn({30, 30}),
        torch::full({4, 4}, 65535.0), torch::rand({1, 40})}) {
    for (const double floor : {0.0, 12.0}) {
      const auto mapped = map(grey, mapped_by(GetParam(), floor));
      ASSERT_EQ(mapped.sizes(), grey.sizes());
      EXPECT_TRUE(mapped.isfinite().all().item<bool>()) << grey.sizes();
      EXPECT_GE(mapped.min().item<float>(), 0);
      EXPECT_LE(mapped.max().item<float>(), 1);
    }
  }
}

TEST_P(EachMapping, TakesAnImageWithoutPixels) {
  EXPECT_EQ(map(torch::zeros({0, 5}), mapped_by(GetParam())).sizes(), (torch::IntArrayRef{0, 5}));
}

TEST_P(EachMapping, DoesNotDependOnOffsetAndGainOfTheCamera) {
  const auto grey = squares({40, 200});
  const auto options = mapped_by(GetParam(), 3);
  EXPECT_TRUE(map(grey, options).allclose(map(7 * grey + 500, options), 0, 2e-2));
}

TEST_P(EachMapping, MapsBrightObjectsAboveTheirBackground) {
  const auto mapped = map(squares({300, 300}), mapped_by(GetParam()));
  EXPECT_GT(mapped[30][30].item<float>(), 0.4);
  EXPECT_GT(mapped[30][30].item<float>(), mapped[5][5].item<float>() + 0.3);
}

TEST_P(EachMapping, NoiseFloorKeepsNoiseFaint) {
  torch::manual_seed(2);
  const auto noise = 100 + 3 * torch::randn({64, 64});
  const auto spread = [&](double floor) {
    return map(noise, mapped_by(GetParam(), floor)).std().item<double>();
  };
  EXPECT_LT(spread(100), 0.5 * spread(0));
}

TEST(MapIntensity, LinearStretchesFromTheDarkestToTheBrightestPixel) {
  const auto grey = torch::tensor({{2.0f, 4.0f}, {3.0f, 6.0f}});
  EXPECT_TRUE(map(grey, mapped_by(IntensityMapping::kLinear)).allclose((grey - 2) / 4));
}

TEST(MapIntensity, PowerIsThePowerOfLinear) {
  auto options = mapped_by(IntensityMapping::kPower);
  options.power = 0.5;
  const auto grey = squares({100});
  EXPECT_TRUE(
      map(grey, options).allclose(map(grey, mapped_by(IntensityMapping::kLinear)).sqrt(), 1e-4, 1e-5));
}

TEST(MapIntensity, SaturationReachesOneHalfAtItsShareOfTheThreshold) {
  auto options = mapped_by(IntensityMapping::kSaturate);
  options.saturation = 0.5;
  const ImageStatistics statistics{10, 1, 8};
  const auto mapped =
      map_intensity(torch::tensor({{5.0f, 10.0f, 14.0f}}), statistics, options, kLargestObject);
  EXPECT_TRUE(mapped.allclose(torch::tensor({{0.0f, 0.0f, 0.5f}})));
}

TEST(MapIntensity, LocalShowsDimObjectsAsBrightAsTheirNeighbours) {
  const auto grey = squares({30, 600}, 0.1);
  const auto options = mapped_by(IntensityMapping::kLocal);
  const auto local = map(grey, options), linear = map(grey, mapped_by(IntensityMapping::kLinear));
  EXPECT_LT(linear[30][30].item<float>(), 0.1);
  EXPECT_GT(local[30][30].item<float>(), 0.5);
  EXPECT_GT(local[30][90].item<float>(), 0.5);
}

TEST(MapIntensity, CutsBrightPixelsOffAtAMultipleOfTheMean) {
  auto options = mapped_by(IntensityMapping::kLinear);
  options.truncate_mean = 1.5;
  auto grey = torch::full({2, 2}, 10.0);
  grey[0][0] = 0;
  grey[1][1] = 1000;  // the mean is 255
  const auto mapped = map(grey, options);
  EXPECT_NEAR(mapped[0][1].item<double>(), 10 / 382.5, 1e-6);
  EXPECT_EQ(mapped[1][1].item<double>(), 1);
}

TEST(MapIntensity, LeavesItsInputAlone) {
  const auto grey = squares({100});
  const auto before = grey.clone();
  for (const auto& [mapping, name] : option_names(IntensityMapping{})) map(grey, mapped_by(mapping));
  EXPECT_TRUE(grey.equal(before));
}

TEST(MapIntensity, ReadsTransposedImages) {
  const auto grey = squares({100, 50}).t();
  for (const auto mapping :
       {IntensityMapping::kLinear, IntensityMapping::kSaturate, IntensityMapping::kLocal})
    EXPECT_TRUE(map(grey, mapped_by(mapping)).allclose(map(grey.contiguous(), mapped_by(mapping))))
        << name_of(mapping);
}

TEST(IntensityOptions, MessagesNameTheFieldTheValueAndTheRange) {
  const auto message_of = [](const std::function<void(IntensityOptions&)>& change) {
    IntensityOptions options;
    return error_message([&] {
      change(options);
      check_options(options, "intensity.");
    });
  };
  EXPECT_EQ(message_of([](IntensityOptions&) {}), "no error");
  EXPECT_EQ(message_of([](auto& o) {
              options_from_json(o, {{"mapping", "log"}}, "intensity.");
            }),
            "intensity.mapping is 'log', expected 'linear', 'power', 'saturate' or 'local'");
  EXPECT_THAT(message_of([](auto& o) { o.power = 0; }), HasSubstr("intensity.power is 0"));
  EXPECT_THAT(message_of([](auto& o) { o.saturation = -1; }), HasSubstr("intensity.saturation is -1"));
  EXPECT_THAT(message_of([](auto& o) { o.neighbourhood = 0; }), HasSubstr("intensity.neighbourhood is 0"));
  EXPECT_THAT(message_of([](auto& o) { o.noise_floor = NAN; }), HasSubstr("intensity.noise_floor is nan"));
  EXPECT_THAT(message_of([](auto& o) { o.truncate_mean = -1; }), HasSubstr("intensity.truncate_mean is -1"));
}

TEST(MapIntensity, AutomaticSaturationBringsTheTypicalForegroundToThreeQuarters) {
  // A cone: most of the object is much dimmer than its tip.
  const auto x = torch::arange(160, torch::kFloat32).view({1, -1}),
             y = torch::arange(160, torch::kFloat32).view({-1, 1});
  const auto radius = ((x - 80).square() + (y - 80).square()).sqrt();
  const auto grey = 100 * (1 - radius / 40).clamp_min(0).pow(2);
  IntensityOptions options = mapped_by(IntensityMapping::kLocal);
  options.saturation = 100;
  const auto linear = map_intensity(grey, {0, 0.1, 50}, options, 60);
  options.saturation = 0;
  const auto automatic = map_intensity(grey, {0, 0.1, 50}, options, 60);
  const auto foreground = linear > 0.1 * (101.0 / 100.1);  // the pixels above 0.1 of the local maximum
  EXPECT_LT(linear.masked_select(foreground).median().item<double>(), 0.6);
  EXPECT_NEAR(automatic.masked_select(foreground).median().item<double>(), 0.75, 0.02);
  EXPECT_LE(automatic.max().item<double>(), 1);
}

TEST(IntensityOptions, SaturateNeedsASaturation) {
  IntensityOptions options = mapped_by(IntensityMapping::kSaturate);
  options.saturation = 0;
  EXPECT_EQ(error_message([&] { check_options(options, "intensity."); }),
            "intensity.saturation is 0, expected more than 0 with intensity.mapping 'saturate'");
}

TEST(MeasureImage, LeavesOutWhatIsNotANumber) {
  const auto grey = squares({50, 500}, 2);
  const auto expected = measure_image(grey, 0),
             padded = measure_image(torch::cat({torch::full_like(grey, NAN), grey}), 0);
  EXPECT_EQ(padded.background, expected.background);
  EXPECT_EQ(padded.noise, expected.noise);
  EXPECT_EQ(padded.threshold, expected.threshold);
}

// Debris with soft flanks on 2 % of the image.
TEST(MeasureImage, TakesTheThresholdOfTheManyWhereItIsToWithstandAFewBrightThings) {
  for (const double brightness : {5e3, 6e4}) {
    const auto scene = test::draw_scene(3);
    const auto y = torch::arange(test::kSceneHeight, torch::kFloat32).view({-1, 1}) - 150,
               x = torch::arange(test::kSceneWidth, torch::kFloat32).view({1, -1}) - 180;
    const auto grey = scene + brightness * torch::sigmoid(24 - (y.square() + x.square()).sqrt());
    const double clean = measure_image(scene, 1).threshold;
    EXPECT_GT(measure_image(grey, 1).threshold, 3 * clean);
    EXPECT_LT(measure_image(grey, 1, true).threshold, 1.5 * clean);
    EXPECT_GT(measure_image(grey, 1, true).threshold, 0.3 * clean);
    EXPECT_EQ(measure_image(scene, 1, true).threshold, clean);
  }
}

TEST(MeasureValues, TakesTheBackgroundFromBetweenObjectsThatCoverTheImage) {
  std::vector<float> values(800, 200);                                              // objects
  for (int i = 0; i < 150; ++i) values.push_back(static_cast<float>(40 + i % 20));  // gaps
  values.insert(values.end(), 30, 0);                                               // a caption
  const auto told = measure_values(values, 1, false, 120), untold = measure_values(values, 1);
  EXPECT_EQ(untold.background, 200);
  EXPECT_GE(told.background, 40);
  EXPECT_LT(told.background, 60);
  EXPECT_GT(told.threshold, 20);
  EXPECT_LT(told.noise, 10);
  EXPECT_EQ(measure_values(values, 1, false, 1000).background, 200) << "no value is that of an object";
}

}  // namespace
}  // namespace priorseg
