#include "priorseg/detector/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "priorseg/core/options.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

class EachPreset : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Preset, EachPreset, testing::Values("default", "paper"),
                         [](const auto& preset) { return std::string(preset.param); });

TEST_P(EachPreset, IsValidAndTellsItsName) {
  const Settings settings = make_settings(GetParam());
  EXPECT_EQ(error_message([&] { settings.validate(); }), "no error");
  EXPECT_EQ(settings.preset, GetParam());
}

TEST_P(EachPreset, GoesThroughJsonUnchanged) {
  const auto json = options_to_json(make_settings(GetParam()));
  Settings settings;
  options_from_json(settings, nlohmann::json::parse(json.dump()));
  EXPECT_EQ(options_to_json(settings), json);
}

TEST(MakeSettings, UnknownPresetIsAnErrorThatListsTheKnownOnes) {
  EXPECT_THAT(error_message([] { make_settings("best"); }),
              AllOf(HasSubstr("'best'"), HasSubstr("'default'"), HasSubstr("'paper'")));
}

TEST(PaperPreset, HoldsTheFiguresOfThePaper) {
  const Settings settings = make_settings("paper");
  const DetectorOptions& detector = settings.detector;
  EXPECT_EQ(detector.localizer.cell_size(), 16);
  EXPECT_EQ(detector.localizer.channels.size(), 4u);  // two convolutions and a pooling each
  EXPECT_EQ(detector.localizer.reduction, 1);
  EXPECT_EQ(detector.localizer.max_ratio, 3);
  EXPECT_EQ(detector.size.scale_min, 2);
  EXPECT_EQ(detector.size.scale_max, 3);
  EXPECT_EQ(detector.loss.alpha, 0.01);
  EXPECT_EQ(detector.gradient.truncate, 0.8);
  EXPECT_EQ(detector.gradient.quantile, 1);
  EXPECT_EQ(detector.gradient.floor, 0);
  EXPECT_EQ(detector.inference.presence, 0.1);
  EXPECT_EQ(detector.inference.mask_threshold, 0.5);
  EXPECT_EQ(detector.inference.max_overlap, 0.1);
  EXPECT_EQ(detector.inference.nms, "paper");
  EXPECT_EQ(detector.inference.score, "presence");
  EXPECT_EQ(detector.training.crop_size, 256);
}

TEST(PaperPreset, TypicalObjectFillsTheMiddleOfItsBoxes) {
  const Settings settings = make_settings("paper");
  const SizeOptions& size = settings.detector.size;
  EXPECT_NEAR(size.object_cells, settings.prior.fill * std::sqrt(size.scale_min * size.scale_max), 1e-3);
}

TEST(PaperPreset, HasTheNetworksOfThePaper) {
  const Settings settings = make_settings("paper");
  for (const auto& encoder : {settings.prior.encoder, settings.detector.encoder}) {
    EXPECT_EQ(encoder.kind, "pooled");
    EXPECT_EQ(encoder.channels.size(), 3u);
  }
  EXPECT_EQ(settings.prior.decoder.kind, "convolution");
  EXPECT_EQ(settings.prior.decoder.channels.size(), 3u);
  EXPECT_EQ(settings.prior.patch_size, 32);
}

TEST(PaperPreset, HasOnlyTheTermsAndStepsOfThePaper) {
  const Settings settings = make_settings("paper");
  const DetectorOptions& detector = settings.detector;
  EXPECT_EQ(detector.loss.edge_weight, 1);
  EXPECT_GT(detector.loss.kl_weight, 0);
  EXPECT_EQ(detector.loss.region_weight, 0);
  EXPECT_EQ(detector.loss.object_price, 0);
  EXPECT_EQ(detector.loss.overlap_price, 0);
  EXPECT_EQ(detector.intensity.mapping, "linear");
  EXPECT_EQ(detector.intensity.noise_floor, 0);
  EXPECT_EQ(detector.training.blank_crops, 0);
  EXPECT_EQ(detector.training.boxes, 1);
  EXPECT_TRUE(detector.training.box_gradient_of_crop);
  EXPECT_EQ(detector.inference.min_contrast, 0);
  EXPECT_EQ(detector.self_training.steps, 0);
  EXPECT_FALSE(settings.shapes.antialias);
  EXPECT_FALSE(settings.mask_patches.antialias);
  EXPECT_EQ(settings.mask_patches.rotation_step, 30);
  EXPECT_EQ(settings.shapes.rods + settings.shapes.spindles + settings.shapes.contours, 0);
}

TEST(Settings, UnknownSettingIsAnErrorWithItsFullName) {
  Settings settings;
  EXPECT_THAT(error_message([&] { set_option(settings, "detector.training.step", "5"); }),
              AllOf(HasSubstr("'detector.training.step' is not known"), HasSubstr("steps")));
  EXPECT_THAT(error_message([&] { set_option(settings, "detectr.training.steps", "5"); }),
              HasSubstr("'detectr' is not known"));
}

TEST(Settings, ValueOfAnotherTypeIsAnErrorWithItsFullName) {
  Settings settings;
  EXPECT_THAT(error_message([&] { set_option(settings, "detector.training.steps", "many"); }),
              AllOf(HasSubstr("'detector.training.steps'"), HasSubstr("expected a whole number")));
}

TEST(Settings, ShapesMasksAndPriorMustAgreeOnPatchAndFill) {
  for (const char* name : {"shapes", "mask_patches", "prior"}) {
    Settings settings = make_settings("default");
    set_option(settings, std::string(name) + ".patch_size", "64");
    EXPECT_THAT(error_message([&] { settings.validate(); }), HasSubstr("patch_size differ")) << name;
    settings = make_settings("default");
    set_option(settings, std::string(name) + ".fill", "0.55");
    EXPECT_THAT(error_message([&] { settings.validate(); }), HasSubstr("fill differ")) << name;
  }
}

std::string message_with(const std::string& name, const std::string& value) {
  Settings settings = make_settings("default");
  set_option(settings, name, value);
  return error_message([&] { settings.validate(); });
}

TEST(Settings, OutOfRangeIsAnErrorThatNamesSettingAndValue) {
  EXPECT_THAT(message_with("prior_masks", "0"), HasSubstr("prior_masks is 0"));
  EXPECT_THAT(message_with("synthetic_objects", "-1"), HasSubstr("synthetic_objects is -1"));
  EXPECT_THAT(message_with("detector.size.min", "1"), HasSubstr("size.min is 1"));
  EXPECT_THAT(message_with("detector.size.max", "3"), HasSubstr("size.max is 3"));
  EXPECT_THAT(message_with("detector.loss.alpha", "0"), HasSubstr("loss.alpha is 0"));
  EXPECT_THAT(message_with("detector.loss.kl_weight", "-1"), HasSubstr("loss.kl_weight is -1"));
  EXPECT_THAT(message_with("detector.training.steps", "0"), HasSubstr("training.steps is 0"));
  EXPECT_THAT(message_with("detector.training.crop_size", "250"),
              AllOf(HasSubstr("crop_size is 250"), HasSubstr("multiple of the grid cell")));
  EXPECT_THAT(message_with("detector.training.blank_crops", "0.9"), HasSubstr("training.blank_crops is 0.9"));
  EXPECT_THAT(message_with("detector.training.boxes", "0"), HasSubstr("training.boxes is 0"));
  EXPECT_THAT(message_with("detector.inference.presence", "2"), HasSubstr("inference.presence is 2"));
  EXPECT_THAT(message_with("detector.inference.nms", "soft"),
              AllOf(HasSubstr("inference.nms is 'soft'"), HasSubstr("'greedy'")));
  EXPECT_THAT(message_with("detector.inference.tile", "1"), HasSubstr("inference.tile is 1"));
}

TEST(Settings, SizesTooFarApartAreAnErrorThatTellsWhatToDo) {
  Settings settings = make_settings("default");
  settings.detector.size.min = 4, settings.detector.size.max = 100;
  EXPECT_THAT(error_message([&] { settings.validate(); }), HasSubstr("factor of 12"));
}

}  // namespace
}  // namespace priorseg
