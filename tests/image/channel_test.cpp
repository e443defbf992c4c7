#include "priorseg/image/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

torch::Tensor grey_of(const torch::Tensor& pixels, ImageChannel channel) {
  return grey_from_pixels(pixels, channel, 1);
}

TEST(GreyFromPixels, IsTheMeanOfTheChannelsOrOneOfThem) {
  const auto pixels = torch::rand({3, 4, 5});
  EXPECT_TRUE(grey_of(pixels, ImageChannel::kGrey).allclose((pixels[0] + pixels[1] + pixels[2]) / 3));
  EXPECT_TRUE(grey_of(pixels, ImageChannel::kAuto).equal(grey_of(pixels, ImageChannel::kGrey)));
  EXPECT_TRUE(grey_of(pixels.slice(0, 0, 1), ImageChannel::kGrey).equal(pixels[0]));
  EXPECT_TRUE(grey_of(pixels, ImageChannel::kRed).equal(pixels[0]));
  EXPECT_TRUE(grey_of(pixels, ImageChannel::kGreen).equal(pixels[1]));
  EXPECT_TRUE(grey_of(pixels, ImageChannel::kBlue).equal(pixels[2]));
  EXPECT_THAT(error_message([&] { grey_of(pixels[0], ImageChannel::kGrey); }),
              HasSubstr("pixels has shape [4,5]"));
  EXPECT_THAT(error_message([&] { grey_of(pixels.slice(0, 0, 1), ImageChannel::kBlue); }),
              HasSubstr("channel 'blue' is asked for, but the image has one channel; expected 3"));
}

/// What a pixel shows that holds so much of the three stains, by the law of Lambert and Beer.
torch::Tensor stained(double hematoxylin, double eosin, double dab) {
  auto pixel = torch::empty({3, 1, 1});
  const double colours[3][3] = {{0.65, 0.70, 0.29}, {0.07, 0.99, 0.11}, {0.27, 0.57, 0.78}};
  const double amounts[3] = {hematoxylin, eosin, dab};
  for (int channel = 0; channel < 3; ++channel) {
    double absorbed = 0;
    for (int stain = 0; stain < 3; ++stain) {
      const double* colour = colours[stain];
      absorbed += amounts[stain] * colour[channel] / std::hypot(colour[0], colour[1], colour[2]);
    }
    pixel[channel].fill_(255 * std::pow(10, -absorbed));
  }
  return pixel;
}

TEST(GreyFromPixels, OfAStainIsItsConcentrationWhateverTheOthers) {
  const double none = grey_of(stained(0, 0, 0), ImageChannel::kHematoxylin).item<double>();
  const auto pixel = stained(0.6, 0.3, 0.2);
  const double no_stain[] = {none, grey_of(stained(0, 0, 0), ImageChannel::kEosin).item<double>(),
                             grey_of(stained(0, 0, 0), ImageChannel::kDab).item<double>()};
  EXPECT_NEAR(grey_of(pixel, ImageChannel::kHematoxylin).item<double>() - no_stain[0], 0.6, 1e-4);
  EXPECT_NEAR(grey_of(pixel, ImageChannel::kEosin).item<double>() - no_stain[1], 0.3, 1e-4);
  EXPECT_NEAR(grey_of(pixel, ImageChannel::kDab).item<double>() - no_stain[2], 0.2, 1e-4);
}

TEST(GreyFromPixels, OfAStainIsFiniteInTheDarkest) {
  for (const double quantum : {1.0, 0.0})
    EXPECT_TRUE(grey_from_pixels(torch::zeros({3, 2, 2}), ImageChannel::kEosin, quantum)
                    .isfinite()
                    .all()
                    .item<bool>());
}

TEST(IsColoured, TellsColoursFromGreyInThreeChannels) {
  const auto grey = torch::rand({1, 40, 40}) * 255;
  EXPECT_FALSE(is_coloured(grey));
  EXPECT_FALSE(is_coloured(grey.expand({3, 40, 40})));
  EXPECT_FALSE(is_coloured(torch::cat({grey, grey + 4, grey})));  // a tint
  EXPECT_TRUE(is_coloured(torch::cat({grey, grey / 3, grey})));
}

}  // namespace
}  // namespace priorseg
