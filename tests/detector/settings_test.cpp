#include "priorseg/detector/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "priorseg/core/options.h"
#include "support/beyond_range.h"
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

TEST(DefaultPreset, PoolsTheEdgesOfAStepAsModelsThatDoNotNameItDid) {
  EXPECT_EQ(make_settings("default").detector.loss.edge_pooling, EdgePooling::kBatch);
  EXPECT_EQ(LossOptions().edge_pooling, EdgePooling::kBatch);
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
  EXPECT_EQ(detector.loss.edge_pooling, EdgePooling::kImage);  // the equation is written for one image
  EXPECT_EQ(detector.gradient.truncate, 0.8);
  EXPECT_EQ(detector.gradient.quantile, 1);
  EXPECT_EQ(detector.gradient.floor, 0);
  EXPECT_EQ(detector.inference.presence, 0.1);
  EXPECT_EQ(detector.inference.mask_threshold, 0.5);
  EXPECT_EQ(detector.inference.max_overlap, 0.1);
  EXPECT_EQ(detector.inference.nms, NmsRule::kPaper);
  EXPECT_EQ(detector.inference.score, ObjectScore::kPresence);
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
    EXPECT_EQ(encoder.kind, EncoderKind::kPooled);
    EXPECT_EQ(encoder.channels.size(), 3u);
  }
  EXPECT_EQ(settings.prior.decoder.kind, DecoderKind::kConvolution);
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
  EXPECT_EQ(detector.intensity.mapping, IntensityMapping::kLinear);
  EXPECT_EQ(detector.intensity.noise_floor, 0);
  EXPECT_EQ(detector.training.blank_crops, 0);
  EXPECT_EQ(detector.training.boxes, 1);
  EXPECT_TRUE(detector.training.box_gradient_of_crop);
  EXPECT_EQ(detector.inference.min_contrast, 0);
  EXPECT_EQ(detector.inference.border_level, 0);
  EXPECT_EQ(detector.inference.stain_border_level, 0);
  EXPECT_EQ(detector.inference.stain_min_contrast, 0);
  EXPECT_FALSE(detector.inference.split_touching);
  EXPECT_FALSE(detector.inference.relief_cells);
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
  return error_message([&] {
    set_option(settings, name, value);
    settings.validate();
  });
}

TEST(Settings, OutOfRangeIsAnErrorThatNamesSettingValueAndRange) {
  EXPECT_EQ(message_with("prior_masks", "0"), "prior_masks is 0, expected at least 1");
  EXPECT_EQ(message_with("synthetic_objects", "-1"), "synthetic_objects is -1, expected 0 to 1000000");
  EXPECT_EQ(message_with("detector.size.min", "0"), "detector.size.min is 0, expected 2 to 10000");
  EXPECT_EQ(message_with("detector.inference.nms", "x"),
            "detector.inference.nms is 'x', expected 'paper' or 'greedy'");
  EXPECT_EQ(message_with("detector.localizer.channels", "[]"),
            "detector.localizer.channels has 0 entries, expected 1 to 6");
}

TEST(Settings, StructInTwoPlacesIsNamedByItsPlace) {
  EXPECT_EQ(message_with("prior.encoder.channels", "[0]"),
            "prior.encoder.channels holds 0, expected 1 to 1024");
  EXPECT_EQ(message_with("detector.encoder.channels", "[0]"),
            "detector.encoder.channels holds 0, expected 1 to 1024");
}

TEST(Settings, RulesBetweenSettingsNameThemInFull) {
  EXPECT_EQ(message_with("detector.size.max", "3"),
            "detector.size.max is 3, expected at least detector.size.min, 18");
  EXPECT_EQ(message_with("detector.size.scale_min", "3"),
            "detector.size.scale_max is 0, expected at least detector.size.scale_min, 3");
  EXPECT_THAT(message_with("detector.training.crop_size", "250"),
              AllOf(HasSubstr("detector.training.crop_size is 250"), HasSubstr("multiple of the grid cell")));
  EXPECT_EQ(message_with("detector.intensity.mapping", "saturate"),
            "detector.intensity.saturation is 0, expected more than 0 with detector.intensity.mapping "
            "'saturate'");
}

TEST_P(EachPreset, RefusesEachSettingBeyondItsRange) {
  test::expect_refused_beyond_range(make_settings(GetParam()));
}

TEST(Settings, FilesOfEarlierVersionsSayNamedValuesAsTexts) {
  Settings settings;
  options_from_json(settings, nlohmann::json::parse(R"({
    "prior": {"encoder": {"kind": "pooled"}, "decoder": {"kind": "convolution"}},
    "detector": {"intensity": {"mapping": "power", "background": "local"},
                 "inference": {"nms": "paper", "score": "trust", "precision": "bfloat16"}}})"));
  EXPECT_EQ(settings.prior.encoder.kind, EncoderKind::kPooled);
  EXPECT_EQ(settings.prior.decoder.kind, DecoderKind::kConvolution);
  EXPECT_EQ(settings.detector.intensity.mapping, IntensityMapping::kPower);
  EXPECT_EQ(settings.detector.intensity.background, BackgroundKind::kLocal);
  EXPECT_EQ(settings.detector.inference.nms, NmsRule::kPaper);
  EXPECT_EQ(settings.detector.inference.score, ObjectScore::kTrust);
  EXPECT_EQ(settings.detector.inference.precision, Precision::kBFloat16);
}

TEST(Settings, SizesTooFarApartAreAnErrorThatTellsWhatToDo) {
  Settings settings = make_settings("default");
  settings.detector.size.min = 4, settings.detector.size.max = 100;
  EXPECT_NO_THROW(settings.validate()) << "looked at in levels";
  settings.detector.size.level_span = 0;
  EXPECT_THAT(error_message([&] { settings.validate(); }),
              AllOf(HasSubstr("detector.size.min and detector.size.max"), HasSubstr("factor of 12")));
}

TEST(Settings, ALevelSpansAFactorOfTwoAtLeast) {
  Settings settings = make_settings("default");
  settings.detector.size.level_span = 1.5;
  EXPECT_THAT(error_message([&] { settings.validate(); }), HasSubstr("expected 0 or at least 2"));
}

}  // namespace
}  // namespace priorseg
