#include "priorseg/data/simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <set>
#include <vector>

#include "priorseg/core/options.h"
#include "support/beyond_range.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

SimulatorOptions small_preset(const std::string& name) {
  SimulatorOptions options = simulator_preset(name);
  options.height = 200;
  options.width = 260;
  return options;
}

cv::Mat view(const torch::Tensor& labels) {
  return cv::Mat(static_cast<int>(labels.size(0)), static_cast<int>(labels.size(1)), CV_32S,
                 labels.data_ptr<int32_t>());
}

double mean_of(const torch::Tensor& values) { return values.to(torch::kFloat64).mean().item<double>(); }

class EveryPreset : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Simulator, EveryPreset, testing::ValuesIn(simulator_preset_names()),
                         [](const auto& info) { return info.param; });

TEST_P(EveryPreset, GivesWholeCountsWithinTheBitDepth) {
  const SimulatorOptions options = small_preset(GetParam());
  const SimulatedImage simulated = simulate_image(options, 1, 0);
  EXPECT_EQ(simulated.image.sizes(), torch::IntArrayRef({200, 260}));
  EXPECT_EQ(simulated.image.scalar_type(), torch::kFloat32);
  EXPECT_EQ(simulated.labels.sizes(), torch::IntArrayRef({200, 260}));
  EXPECT_EQ(simulated.labels.scalar_type(), torch::kInt32);
  EXPECT_TRUE(torch::equal(simulated.image, simulated.image.round()));
  EXPECT_GE(simulated.image.min().item<float>(), 0);
  EXPECT_LE(simulated.image.max().item<float>(), options.bit_depth == 8 ? 255 : 65535);
}

TEST_P(EveryPreset, IsRepeatableFromTheSeed) {
  const SimulatorOptions options = small_preset(GetParam());
  const SimulatedImage first = simulate_image(options, 1, 3);
  const SimulatedImage again = simulate_image(options, 1, 3);
  EXPECT_TRUE(torch::equal(first.image, again.image));
  EXPECT_TRUE(torch::equal(first.labels, again.labels));
  if (options.read_noise == 0) return;
  EXPECT_FALSE(torch::equal(first.image, simulate_image(options, 2, 3).image));
  EXPECT_FALSE(torch::equal(first.image, simulate_image(options, 1, 4).image));
}

class EveryPresetWithObjects : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Simulator, EveryPresetWithObjects, testing::Values("nuclei", "phase", "mixed"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(EveryPresetWithObjects, NumbersConnectedObjectsOneAfterTheOther) {
  const SimulatorOptions options = simulator_preset(GetParam());
  for (int64_t index = 0; index < 3; ++index) {
    const SimulatedImage simulated = simulate_image(options, 5, index);
    const int32_t highest = simulated.labels.max().item<int32_t>();
    EXPECT_GE(highest, 20);
    EXPECT_EQ(simulated.labels.min().item<int32_t>(), 0);
    for (int32_t label = 1; label <= highest; ++label) {
      cv::Mat parts;
      EXPECT_EQ(cv::connectedComponents(view(simulated.labels) == label, parts, 4), 2) << label;
    }
  }
}

TEST_P(EveryPresetWithObjects, CoversTheAskedShare) {
  const SimulatorOptions options = simulator_preset(GetParam());
  const torch::Tensor labels = simulate_image(options, 6, 0).labels;
  EXPECT_NEAR(mean_of(labels > 0), options.covered, 0.01);
}

TEST_P(EveryPresetWithObjects, ShowsObjectsBrighterThanTheBackground) {
  const SimulatedImage simulated = simulate_image(simulator_preset(GetParam()), 7, 0);
  const torch::Tensor objects = simulated.labels > 0;
  const torch::Tensor background = simulated.image.masked_select(objects.logical_not());
  const torch::Tensor foreground = simulated.image.masked_select(objects);
  EXPECT_GT(foreground.median().item<float>(), background.quantile(0.95).item<float>());
}

TEST(Simulator, ObjectsHaveTheAskedSize) {
  SimulatorOptions options = simulator_preset("nuclei");
  options.touching = 0;
  options.min_size = 20;
  options.max_size = 40;
  const torch::Tensor labels = simulate_image(options, 8, 0).labels;
  int seen = 0;
  for (int32_t label = 1; label <= labels.max().item<int32_t>(); ++label) {
    std::vector<cv::Point> pixels;
    cv::findNonZero(view(labels) == label, pixels);
    const cv::Rect box = cv::boundingRect(pixels);
    if (box.x == 0 || box.y == 0 || box.br().x == labels.size(1) || box.br().y == labels.size(0)) continue;
    // The farthest pixel corners of a convex hull; a pixel belongs to an object from half coverage on.
    double longest = 0;
    std::vector<cv::Point> hull;
    cv::convexHull(pixels, hull);
    for (const auto& a : hull) {
      for (const auto& b : hull) longest = std::max(longest, cv::norm(a - b));
    }
    EXPECT_GE(longest + 1, 20 - 1.5) << label;
    EXPECT_LE(longest, 40 + 0.5) << label;
    ++seen;
  }
  EXPECT_GE(seen, 20);
}

int contacts_of(const torch::Tensor& labels) {
  const auto differ = [](const torch::Tensor& a, const torch::Tensor& b) {
    return ((a != b) & (a > 0) & (b > 0)).sum().item<int>();
  };
  return differ(labels.slice(0, 1), labels.slice(0, 0, -1)) +
         differ(labels.slice(1, 1), labels.slice(1, 0, -1));
}

TEST(Simulator, ObjectsTouchOnlyWhereAskedTo) {
  SimulatorOptions options = simulator_preset("nuclei");
  options.touching = 0;
  EXPECT_EQ(contacts_of(simulate_image(options, 9, 0).labels), 0);
  options.touching = 0.8;
  EXPECT_GT(contacts_of(simulate_image(options, 9, 0).labels), 100);
}

TEST(Simulator, LabelsAreTheObjectsBeforeTheBlur) {
  // One grey value an object, no optics, no noise: half the brightness is half the coverage.
  SimulatorOptions options = small_preset("nuclei");
  options.contrast = options.dome = options.texture = options.spots = options.blur = options.surround = 0;
  options.unevenness = options.gain = options.read_noise = options.offset = options.background = 0;
  options.signal = 1000;
  options.touching = 0;
  const SimulatedImage simulated = simulate_image(options, 10, 0);
  const torch::Tensor bright = simulated.image >= 500;
  // Where the outline has a spur thinner than a pixel, the label keeps the largest part only.
  EXPECT_LE((bright != (simulated.labels > 0)).sum().item<int64_t>(), 3);
  EXPECT_EQ(simulated.image.max().item<float>(), 1000);
}

TEST(Simulator, TouchingObjectsShareTheirBorderWithoutAGap) {
  SimulatorOptions options = small_preset("nuclei");
  options.contrast = options.dome = options.texture = options.spots = options.blur = options.surround = 0;
  options.unevenness = options.gain = options.read_noise = options.offset = options.background = 0;
  options.signal = 1000;
  options.touching = 1;
  const SimulatedImage simulated = simulate_image(options, 11, 0);
  const torch::Tensor& labels = simulated.labels;
  // Two pixels side by side of different objects are both full: neither a dark line nor light counted twice.
  const torch::Tensor above = labels.slice(0, 0, -1);
  const torch::Tensor below = labels.slice(0, 1);
  const torch::Tensor contact = (above != below) & (above > 0) & (below > 0);
  ASSERT_GT(contact.sum().item<int64_t>(), 10);
  const torch::Tensor light = simulated.image.slice(0, 1).masked_select(contact);
  EXPECT_GE(light.mean().item<float>(), 950);
  EXPECT_LE(simulated.image.max().item<float>(), 1000);
}

TEST(Simulator, NumberOfObjectsLiesBetweenItsLimitsAndDiffersFromImageToImage) {
  SimulatorOptions options = small_preset("nuclei");
  options.covered = 0.6;
  options.min_objects = 2;
  options.max_objects = 5;
  std::set<int32_t> numbers;
  for (int64_t index = 0; index < 30; ++index)
    numbers.insert(simulate_image(options, 20, index).labels.max().item<int32_t>());
  EXPECT_EQ(numbers, (std::set<int32_t>{2, 3, 4, 5}));
}

TEST(Simulator, NucleiOfHl60AreTwoToSeventyAndShineInSpots) {
  SimulatorOptions options = simulator_preset("hl60");
  std::vector<int32_t> numbers;
  for (int64_t index = 0; index < 12; ++index)
    numbers.push_back(simulate_image(options, 21, index).labels.max().item<int32_t>());
  EXPECT_GE(*std::min_element(numbers.begin(), numbers.end()), 2);
  EXPECT_LE(*std::max_element(numbers.begin(), numbers.end()), 70);
  EXPECT_GT(*std::max_element(numbers.begin(), numbers.end()), 30);
  // The spots, without what else makes light differ inside a nucleus.
  options.min_objects = options.max_objects = 20;
  options.texture = options.contrast = options.dome = options.read_noise = options.gain = options.unevenness =
      0;
  const auto spread_inside = [&] {
    const auto shown = simulate_image(options, 22, 0);
    const auto inside = shown.image.masked_select(shown.labels > 0);
    return inside.quantile(0.99).item<float>() / inside.median().item<float>();
  };
  EXPECT_GT(spread_inside(), 1.3);
  options.spots = 0;
  EXPECT_LT(spread_inside(), 1.1);
}

TEST(Simulator, EmptyImagesHaveNoLabels) {
  for (const char* preset : {"empty", "flat", "black"}) {
    EXPECT_EQ(simulate_image(small_preset(preset), 12, 0).labels.max().item<int32_t>(), 0) << preset;
  }
}

TEST(Simulator, FlatAndBlackImagesAreConstant) {
  const torch::Tensor flat = simulate_image(small_preset("flat"), 13, 0).image;
  EXPECT_EQ(flat.min().item<float>(), 155);
  EXPECT_EQ(flat.max().item<float>(), 155);
  EXPECT_EQ(simulate_image(small_preset("black"), 13, 0).image.abs().max().item<float>(), 0);
}

TEST(Simulator, PhotonNoiseGrowsAsPoissonsLawSays) {
  SimulatorOptions options = simulator_preset("empty");
  options.unevenness = options.read_noise = 0;
  options.offset = 20;
  for (const double gain : {1.0, 4.0}) {
    for (const double background : {12.0, 400.0}) {  // below and above the change to the normal distribution
      options.gain = gain;
      options.background = background;
      const torch::Tensor image = simulate_image(options, 14, 0).image.to(torch::kFloat64);
      EXPECT_NEAR(image.mean().item<double>(), 20 + background, 0.01 * (20 + background));
      // Rounding to whole counts adds 1/12 at most.
      EXPECT_NEAR(image.var().item<double>(), gain * background, 0.03 * gain * background + 0.1);
    }
  }
}

TEST(Simulator, ReadNoiseHasTheAskedSpread) {
  SimulatorOptions options = simulator_preset("flat");
  options.read_noise = 5;
  const torch::Tensor image = simulate_image(options, 15, 0).image;
  EXPECT_NEAR(image.std().item<double>(), 5, 0.1);
  EXPECT_NEAR(mean_of(image), 155, 0.1);
}

TEST(Simulator, IlluminationFallsByTheAskedShare) {
  SimulatorOptions options = simulator_preset("flat");
  options.offset = 0;
  options.background = 10000;
  options.unevenness = 0.4;
  const torch::Tensor image = simulate_image(options, 16, 0).image;
  EXPECT_NEAR(image.max().item<double>(), 10000, 10);
  EXPECT_NEAR(image.min().item<double>(), 6000, 20);
}

TEST(Simulator, ANegativeSurroundDarkensTheNeighbourhood) {
  SimulatorOptions options = simulator_preset("phase");
  options.unevenness = options.gain = options.read_noise = 0;
  const SimulatedImage simulated = simulate_image(options, 17, 0);
  cv::Mat near;
  cv::Mat objects = view(simulated.labels) > 0;
  cv::dilate(objects, near, cv::Mat::ones(13, 13, CV_8U));
  near.setTo(0, objects);
  const torch::Tensor ring = torch::from_blob(near.data, simulated.labels.sizes(), torch::kUInt8).ne(0);
  EXPECT_LT(simulated.image.masked_select(ring).median().item<float>(), 145);
}

TEST(Simulator, FitsFewerObjectsWhereTheImageIsTooSmall) {
  SimulatorOptions options = simulator_preset("nuclei");
  options.height = options.width = 32;
  options.min_size = options.max_size = 200;
  EXPECT_GE(simulate_image(options, 18, 0).labels.min().item<int32_t>(),
            0);  // ends, without an object or with one
}

TEST(Simulator, PresetsAreValidAndRefuseEachSettingBeyondItsRange) {
  for (const auto& name : simulator_preset_names()) {
    const auto options = simulator_preset(name);
    EXPECT_EQ(error_message([&] { options.validate(); }), "no error") << name;
    test::expect_refused_beyond_range(options);
  }
}

TEST(Simulator, RejectsSettingsOutsideTheirRange) {
  const auto message = [](auto&& change) {
    SimulatorOptions options;
    change(options);
    return error_message([&] { options.validate(); });
  };
  EXPECT_EQ(message([](auto&) {}), "no error");
  EXPECT_EQ(message([](auto& o) { o.height = 8; }), "height is 8, expected 16 to 8192");
  EXPECT_THAT(message([](auto& o) { o.max_size = 10; }),
              HasSubstr("max_size is 10, expected at least min_size, 18"));
  EXPECT_THAT(message([](auto& o) { o.covered = 0.9; }), HasSubstr("covered is 0.9"));
  EXPECT_THAT(message([](auto& o) { o.min_axis_ratio = 3; }),
              HasSubstr("max_axis_ratio is 2.2, expected at least min_axis_ratio, 3"));
  EXPECT_THAT(message([](auto& o) { o.min_objects = 3; }),
              HasSubstr("max_objects is 0, expected at least min_objects, 3"));
  EXPECT_THAT(message([](auto& o) { o.bit_depth = 12; }), HasSubstr("bit_depth is 12, expected 8 or 16"));
  EXPECT_THAT(message([](auto& o) { o.ellipses = o.contours = 0; }), HasSubstr("at least one family"));
  EXPECT_THAT(message([](auto& o) { o.gain = std::nan(""); }), HasSubstr("gain is nan"));
  EXPECT_THAT(error_message([] { simulator_preset("cells"); }),
              HasSubstr("expected one of nuclei, phase, mixed, hl60, empty, flat, black"));
}

TEST(Simulator, SettingsSurviveTheirJsonForm) {
  const SimulatorOptions options = simulator_preset("phase");
  SimulatorOptions read;
  options_from_json(read, options_to_json(options));
  EXPECT_EQ(options_to_json(read), options_to_json(options));
  EXPECT_TRUE(torch::equal(simulate_image(read, 19, 0).image, simulate_image(options, 19, 0).image));
}

TEST(Simulator, InvertedTakesTheCountsFromTheHighest) {
  auto options = simulator_preset("nuclei");
  options.height = options.width = 64;
  for (const int64_t depth : {8, 16}) {
    options.bit_depth = depth;
    options.inverted = false;
    const auto bright = simulate_image(options, 1, 0);
    options.inverted = true;
    const auto dark = simulate_image(options, 1, 0);
    EXPECT_TRUE(dark.image.equal((depth == 8 ? 255 : 65535) - bright.image));
    EXPECT_TRUE(dark.labels.equal(bright.labels));
  }
}

}  // namespace
}  // namespace priorseg
