#include "priorseg/pipeline/appearance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/artefact_scene.h"
#include "support/error_message.h"
#include "support/recording_observer.h"
#include "support/relief_scene.h"

namespace priorseg {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

ImageInput input_of(const torch::Tensor& pixels) { return {Image(pixels, 1), "image"}; }

std::vector<ImageInput> scenes(bool dark) {
  std::vector<ImageInput> images;
  for (const uint64_t seed : {1, 2, 3}) {
    const auto scene = test::draw_scene(seed);
    images.push_back(input_of((dark ? 1200 - scene : scene).unsqueeze(0)));
  }
  return images;
}

/// Purple nuclei on white, with pink between them.
ImageInput tissue(uint64_t seed) {
  const auto nuclei = (test::draw_scene(seed) - test::kSceneBackground) / 900;
  return input_of(torch::stack({240 - 120 * nuclei, 200 - 180 * nuclei, 230 - 60 * nuclei}));
}

struct Chosen {
  IntensityOptions intensity;
  bool other_polarity;
  std::string told;
};

Chosen choose(const std::vector<ImageInput>& images, Settings settings = make_settings("default")) {
  test::RecordingObserver observer;
  choose_appearance(images, settings, observer);
  return {settings.detector.intensity, settings.detector.inference.other_polarity, observer.text()};
}

TEST(ChooseAppearance, TellsWhatItTakesAndWhy) {
  const auto bright = choose(scenes(false)), dark = choose(scenes(true));
  EXPECT_EQ(bright.intensity.polarity, Polarity::kBright);
  EXPECT_EQ(bright.intensity.channel, ImageChannel::kGrey);
  EXPECT_THAT(bright.told, HasSubstr("what stands out is brighter than its surroundings in 3 of 3 images: "
                                     "--polarity bright; give another where that is wrong"));
  EXPECT_EQ(dark.intensity.polarity, Polarity::kAbsorbing);
  EXPECT_NEAR(dark.intensity.white, 1200 - test::kSceneBackground, 30);
  EXPECT_TRUE(dark.other_polarity);
  EXPECT_THAT(dark.told, HasSubstr("darker than its surroundings in 3 of 3 images: --polarity absorbing"));
}

TEST(ChooseAppearance, DarkObjectsAbsorbNothingWhereThereIsLessThanNoLight) {
  std::vector<ImageInput> images;
  for (const auto& image : scenes(true)) images.push_back(input_of(image.image()->pixels - 2000));
  const auto chosen = choose(images);
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kDark);
  EXPECT_EQ(chosen.intensity.white, 0);
}

TEST(ChooseAppearance, OneImageOfTheOtherPolarityIsOutvoted) {
  auto images = scenes(true);
  images.push_back(scenes(false).front());
  const auto chosen = choose(images);
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kAbsorbing);
  EXPECT_THAT(chosen.told, HasSubstr("in 3 of 4 images"));
}

TEST(ChooseAppearance, OfReliefsWarns) {
  const auto chosen =
      choose({input_of(test::draw_reliefs(1).unsqueeze(0)), input_of(test::draw_reliefs(2).unsqueeze(0))});
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kRelief);
  EXPECT_THAT(chosen.told,
              HasSubstr("--polarity relief; give another where that is wrong, and look at the outlines"));
}

TEST(ChooseAppearance, OfStainedTissueTakesGreen) {
  const auto chosen = choose({tissue(1), tissue(2)});
  EXPECT_EQ(chosen.intensity.channel, ImageChannel::kGreen);
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kAbsorbing);
  EXPECT_THAT(chosen.told, HasSubstr("2 of 2 images that were looked at have colours, on a bright ground: "
                                     "--channel green"));
}

TEST(ChooseAppearance, OfColoursOnBlackTakesTheirMean) {
  const auto scene = test::draw_scene(1);
  const auto chosen = choose({input_of(torch::stack({scene, scene / 4, scene / 9}))});
  EXPECT_EQ(chosen.intensity.channel, ImageChannel::kGrey);
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kBright);
  EXPECT_THAT(chosen.told, HasSubstr("--channel grey, the mean of red, green and blue"));
}

TEST(ChooseAppearance, LeavesAloneWhatIsGiven) {
  auto settings = make_settings("default");
  settings.detector.intensity.channel = ImageChannel::kHematoxylin;
  const auto stain = choose({tissue(1)}, settings);
  EXPECT_EQ(stain.intensity.channel, ImageChannel::kHematoxylin);
  EXPECT_EQ(stain.intensity.polarity, Polarity::kBright);  // where there is much of a stain its value is high
  settings.detector.intensity.polarity = Polarity::kDark;
  const auto given = choose({tissue(1)}, settings);
  EXPECT_EQ(given.intensity.polarity, Polarity::kDark);
  EXPECT_FALSE(given.other_polarity);
  EXPECT_THAT(given.told, IsEmpty());
  EXPECT_THAT(choose({tissue(1)}, make_settings("paper")).told, IsEmpty());
}

TEST(ChooseAppearance, WarnsWhereNothingStandsOut) {
  torch::manual_seed(1);
  const auto chosen = choose({input_of(100 + 5 * torch::randn({1, 200, 200}))});
  EXPECT_EQ(chosen.intensity.polarity, Polarity::kBright);
  EXPECT_THAT(chosen.told, HasSubstr("do not show plainly whether objects are bright or dark"));
}

TEST(ChooseAppearance, OfImagesWithoutTheChannelIsAnError) {
  auto settings = make_settings("default");
  settings.detector.intensity.channel = ImageChannel::kRed;
  test::RecordingObserver observer;
  EXPECT_THAT(test::error_message([&] { choose_appearance(scenes(false), settings, observer); }),
              HasSubstr("none of the 3 training images could be read"));
  EXPECT_THAT(observer.text(), HasSubstr("channel 'red' is asked for, but the image has one channel"));
}

}  // namespace
}  // namespace priorseg
