#include "priorseg/pipeline/foreword.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "support/artefact_scene.h"
#include "support/recording_observer.h"

namespace priorseg {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ImageInput foreword_input(const torch::Tensor& pixels) { return {Image(pixels.unsqueeze(0), 1), "image"}; }

std::vector<ImageInput> three_scenes(int64_t padding = 0) {
  std::vector<ImageInput> images;
  for (const uint64_t seed : {1, 2, 3}) {
    auto scene = test::draw_scene(seed);
    if (padding > 0) scene.slice(1, 0, padding).fill_(0);
    images.push_back(foreword_input(scene));
  }
  return images;
}

Foreword foreword_of(const std::vector<ImageInput>& images, Settings& settings, bool estimates_sizes = true) {
  test::RecordingObserver observer;
  auto foreword = look_ahead(images, estimates_sizes, settings, observer);
  for (const auto& line : foreword.lines) EXPECT_THAT(observer.text(), HasSubstr(line));
  for (const auto& doubt : foreword.doubts) EXPECT_THAT(observer.text(), HasSubstr(doubt));
  return foreword;
}

TEST(LookAhead, TellsWhatTheImagesAreAndWhatWillBeDone) {
  auto settings = make_settings("default");
  const auto foreword = foreword_of(three_scenes(), settings);
  EXPECT_THAT(foreword.lines,
              ElementsAre(StartsWith("3 of 3 images looked at: "), HasSubstr("--polarity bright"),
                          HasSubstr("--size"), HasSubstr("what stands out covers ")));
  EXPECT_THAT(foreword.lines[0], HasSubstr("1 channel"));
  EXPECT_THAT(foreword.doubts, IsEmpty());
  EXPECT_FALSE(foreword.is_hopeless);
  EXPECT_THAT(foreword.picture_png, StartsWith("\x89PNG"));
  EXPECT_EQ(settings.detector.intensity.polarity, Polarity::kBright);
  EXPECT_NE(settings.detector.size.max, make_settings("default").detector.size.max);
}

TEST(LookAhead, TellsWhatIsLeftOut) {
  auto settings = make_settings("default");
  EXPECT_THAT(foreword_of(three_scenes(60), settings).lines,
              Contains(AllOf(HasSubstr("left out of 3 of them"), HasSubstr("padding"))));
}

TEST(LookAhead, NothingCanBeLearnedFromNoise) {
  torch::manual_seed(3);
  auto settings = make_settings("default");
  const auto noise = torch::randn({200, 200}) * 20 + 500;
  const auto foreword = foreword_of({foreword_input(noise.round())}, settings, false);
  EXPECT_TRUE(foreword.is_hopeless);
  EXPECT_THAT(foreword.doubts, Contains(HasSubstr("hardly anything stands out of the noise")));
}

TEST(LookAhead, DoubtsSizesThatAreFarFromWhatStandsOut) {
  auto settings = make_settings("default");
  settings.detector.size.min = 150;
  settings.detector.size.max = 400;
  const auto foreword = foreword_of(three_scenes(), settings, false);
  EXPECT_THAT(foreword.doubts, Contains(HasSubstr("objects of 150 to 400 px are looked for")));
  EXPECT_FALSE(foreword.is_hopeless);
}

TEST(LookAhead, DoubtsThreads) {
  torch::manual_seed(4);
  const auto places = torch::arange(300, torch::kFloat32);
  const auto winding = places.view({-1, 1}) + 12 * (places.view({1, -1}) / 15).sin();
  const auto image = (500 + 20 * torch::randn({300, 300}) + 1500 * ((winding / 6).sin() > 0.8)).round();
  auto settings = make_settings("default");
  const auto foreword = foreword_of({foreword_input(image)}, settings, false);
  EXPECT_THAT(foreword.doubts, Contains(HasSubstr("threads, texture, clumps")));
}

}  // namespace
}  // namespace priorseg
