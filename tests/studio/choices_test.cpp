#include "priorseg/studio/choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "priorseg/core/error.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;

TEST(Choices, BecomeSettings) {
  Choices choices;
  choices.take(
      {{"size", {{"min", 12.5}, {"max", 40}}}, {"polarity", "dark"}, {"channel", "red"}, {"save", "rois"}});
  const auto settings = with_choices(make_settings("default"), choices);
  EXPECT_EQ(settings.detector.size.min, 12.5);
  EXPECT_EQ(settings.detector.size.max, 40);
  EXPECT_EQ(settings.detector.intensity.polarity, Polarity::kDark);
  EXPECT_EQ(settings.detector.intensity.channel, ImageChannel::kRed);
  EXPECT_EQ(settings.save, "rois");
  choices.take({{"channel", "DAPI"}, {"size", nullptr}});
  EXPECT_EQ(with_choices(make_settings("default"), choices).detector.planes.channel, "DAPI");
  EXPECT_FALSE(choices.size.has_value());
}

TEST(Choices, StayAsTheyWereWhereOneIsNone) {
  Choices choices;
  for (const auto& wanted : std::vector<nlohmann::json>{{{"size", {{"min", 40}, {"max", 12}}}},
                                                        {{"size", {{"min", 1}, {"max", 12}}}},
                                                        {{"size", "20:30"}},
                                                        {{"channel", "red"}, {"polarity", "loud"}},
                                                        {{"channel", 3}},
                                                        {{"border_level", 0.95}},
                                                        {{"border_level", "0.4"}},
                                                        {{"save", "labels,gold"}}}) {
    EXPECT_THROW(choices.take(wanted), Error) << wanted;
    EXPECT_EQ(choices.channel, "") << wanted;
  }
}

TEST(Choices, AreNamedInTheLinesThatRepeatTheJob) {
  Choices choices;
  choices.take(
      {{"size", {{"min", 12.5}, {"max", 40}}}, {"polarity", "dark"}, {"save", "labels,overlay,csv,rois"}});
  const JobNames names{"/data/Anna's cells; rm -rf", "/out", {"--set", "prior_masks=200"}};
  EXPECT_EQ(
      command_for(names, choices),
      "priorseg run '/data/Anna'\\''s cells; rm -rf' --size 12.5:40 --polarity dark --set prior_masks=200 "
      "--save labels,overlay,csv,rois -o /out");
  const auto python = python_for(names, choices);
  EXPECT_THAT(
      python,
      HasSubstr("priorseg.train(\"/data/Anna's cells; rm -rf\", size=(12.5, 40), polarity=\"dark\", "));
  EXPECT_THAT(python, HasSubstr("model.segment_files(\"/data/Anna's cells; rm -rf\", \"/out\", save="));
}

TEST(Choices, NameWhatWasDoneAfterTheTraining) {
  Choices choices;
  choices.take({{"border_level", 0.45}});
  JobNames names{"/in", "/out", {}};
  EXPECT_EQ(
      command_for(names, choices),
      "priorseg run /in -o /out\npriorseg segment /in --model /out/model.safetensors --border-level 0.45 -o "
      "/out");
  choices.take({{"border_level", nullptr}, {"learns_from_corrections", true}});
  names.calibrated = true;
  EXPECT_EQ(command_for(names, choices),
            "priorseg run /in --learn-prior /out/annotated -o /out\n"
            "priorseg calibrate /in /out/annotated --model /out/model.safetensors -o "
            "/out/calibrated.safetensors\n"
            "priorseg segment /in --model /out/calibrated.safetensors -o /out");
}

TEST(Choices, ComeBackFromTheirFile) {
  Choices choices;
  choices.take({{"border_level", 0.45}, {"learns_from_corrections", true}, {"from_unfinished", true}});
  Choices again;
  again.take(choices.to_json());
  EXPECT_EQ(again.to_json(), choices.to_json());
}

}  // namespace
}  // namespace priorseg::test
