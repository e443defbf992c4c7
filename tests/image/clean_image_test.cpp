#include "priorseg/image/clean_image.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/image/artefacts.h"
#include "priorseg/image/image.h"
#include "support/artefact_scene.h"

namespace priorseg {
namespace {

IntensityOptions withstanding(bool artefacts = true) {
  IntensityOptions options;
  options.withstand_artefacts = artefacts;
  return options;
}

TEST(CleanSource, HandsOnAnImageWithoutArtefacts) {
  const auto grey = test::draw_scene(1);
  const Image image(torch::stack({grey, grey, grey + 3}), 1);
  const auto clean = clean_source(image, withstanding()).read(0, image.height);
  EXPECT_TRUE(channels_of(clean).equal(image.pixels));
  EXPECT_TRUE(layer_of(clean, CleanLayer::kGrey).equal(image.pixels.mean(0)));
  EXPECT_FALSE(layer_of(clean, CleanLayer::kBlank).any().item<bool>());
  EXPECT_FALSE(layer_of(clean, CleanLayer::kKind).any().item<bool>());
}

TEST(CleanSource, LooksForArtefactsOnlyWhereTheSettingsAskForIt) {
  auto grey = test::draw_scene(2);
  grey.slice(1, 0, 60).fill_(NAN);
  grey.slice(1, 60, 120).fill_(65535);
  const Image image(grey.unsqueeze(0), 0);
  const auto clean = clean_source(image, withstanding(false)).read(0, image.height);
  EXPECT_TRUE(layer_of(clean, CleanLayer::kGrey).equal(torch::nan_to_num(grey, 0)));
  EXPECT_FALSE(layer_of(clean, CleanLayer::kKind).any().item<bool>());
  const auto cleaner = clean_source(image, withstanding()).read(0, image.height);
  EXPECT_TRUE(layer_of(cleaner, CleanLayer::kKind).slice(1, 0, 120).ne(0).all().item<bool>());
  const auto small = resize_clean(cleaner, {150, 180});
  EXPECT_TRUE(small.slice(1, 0, 59).isnan().all().item<bool>());
  EXPECT_FALSE(small.slice(1, 62).isnan().any().item<bool>());
}

TEST(CleanSource, ShowsWhatTheSettingsLookAt) {
  const auto scene = test::draw_scene(4);
  const Image image(torch::stack({scene, 2 * scene, scene + 3}), 1);
  auto options = withstanding();
  options.channel = ImageChannel::kGreen;
  options.polarity = Polarity::kDark;
  const auto dark = clean_source(image, options);
  EXPECT_TRUE(layer_of(dark.read(0, image.height), CleanLayer::kGrey).equal(-2 * scene));
  EXPECT_EQ(dark.quantum, 1);
  options.polarity = Polarity::kAbsorbing;
  EXPECT_EQ(clean_source(image, options).quantum, 0);
  options = withstanding();
  options.channel = ImageChannel::kEosin;
  EXPECT_EQ(clean_source(image, options).quantum, 0);
}

// More than 2^24 pixels are looked through in blocks.
TEST(CleanSource, OfALargeImageDoesNotDependOnTheRowsThatAreAskedFor) {
  constexpr int64_t kHeight = 4200, kWidth = 4100;
  torch::manual_seed(1);
  auto pixels = (100 + 5 * torch::randn({1, kHeight, kWidth})).round();
  pixels.slice(2, 0, 300).fill_(0);
  pixels.slice(2, 2000, 2001).fill_(65535);
  const Image image(pixels, 1);
  const auto source = clean_source(image, withstanding());
  const auto whole = source.read(0, kHeight);
  EXPECT_TRUE(layer_of(whole, CleanLayer::kBlank).slice(1, 0, 300).all().item<bool>());
  EXPECT_TRUE(layer_of(whole, CleanLayer::kKind)
                  .slice(1, 2000, 2001)
                  .eq(static_cast<int>(ArtefactKind::kLine))
                  .all()
                  .item<bool>());
  for (int64_t row = 0; row < kHeight; row += 900) {
    const int64_t end = std::min(kHeight, row + 900);
    EXPECT_TRUE(source.read(row, end).equal(whole.slice(1, row, end)));
  }
}

}  // namespace
}  // namespace priorseg
