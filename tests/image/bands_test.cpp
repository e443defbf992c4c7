// What is made of bands of an image fits what is made of the whole image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/image/background.h"
#include "priorseg/image/intensity.h"
#include "priorseg/image/resample.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using testing::HasSubstr;

TEST(ResizeRows, AreTheRowsOfTheResizedImage) {
  const auto grey = 1000 * torch::rand({61, 43});
  for (const auto& size :
       std::vector<std::array<int64_t, 2>>{{61, 43}, {55, 39}, {20, 14}, {30, 21}, {1, 1}, {90, 63}}) {
    const auto whole = resize_image(grey, size);
    for (const int64_t step : {1, 7, 90})
      for (int64_t first = 0; first < size[0]; first += step) {
        const RowRange wanted{first, std::min(size[0], first + step)};
        const auto source = source_rows(61, size[0], wanted);
        ASSERT_GE(source.first, 0);
        ASSERT_LE(source.last, 61);
        const auto rows = resize_rows(grey.slice(0, source.first, source.last), source, 61, size, wanted);
        ASSERT_TRUE(rows.allclose(whole.slice(0, wanted.first, wanted.last), 1e-5, 1e-2))
            << size[0] << " " << first;
      }
  }
}

TEST(ResizeRows, AskForTheRowsTheyNeed) {
  EXPECT_THAT(test::error_message([] {
                resize_rows(torch::rand({4, 8}), {0, 4}, 20, {10, 4}, {1, 3});
              }),
              HasSubstr("expected rows 2 to 6"));
}

TEST(BackgroundGrid, OfBandsIsThatOfTheWholeImage) {
  torch::manual_seed(2);
  const auto slope = torch::linspace(0, 400, 330).view({-1, 1}) + torch::linspace(0, 200, 140).view({1, -1});
  const auto grey = 100 + slope + 5 * torch::randn({330, 140});
  const auto statistics = measure_image(grey, 1);
  const double max_size = 20;
  const auto expected = flatten_background(grey, statistics, max_size);
  BackgroundGrid background(330, 140, max_size);
  for (int64_t node = 0; node < background.num_rows(); ++node) {
    const auto needed = background.rows_of_node(node);
    background.measure(node, grey.slice(0, needed.first, needed.last).contiguous(), needed);
  }
  background.smooth(statistics);
  for (int64_t first = 0; first < 330; first += 50) {
    const int64_t last = std::min<int64_t>(330, first + 50);
    const auto flat = grey.slice(0, first, last) - background.rows({first, last});
    ASSERT_TRUE(flat.allclose(expected.slice(0, first, last), 1e-4, 1e-2)) << first;
  }
  EXPECT_NEAR(background.at(77, 31), (grey - expected)[77][31].item<float>(), 1e-2);
}

TEST(IntensitySample, OfPiecesIsThatOfTheWholeImage) {
  const auto grey = torch::rand({1500, 1400});
  IntensitySample whole(grey.numel()), pieces(grey.numel());
  whole.add(grey);
  for (int64_t first = 0; first < 1500; first += 333)
    pieces.add(grey.slice(0, first, std::min<int64_t>(1500, first + 333)));
  EXPECT_EQ(pieces.values(), whole.values());
  EXPECT_EQ(whole.values().at(1), grey.view({-1})[whole.stride()].item<float>());
}

TEST(MapIntensity, OfAPartTakesTheFiguresOfTheWhole) {
  torch::manual_seed(5);
  auto grey = 100 + 2 * torch::randn({240, 100});
  for (int64_t y = 10; y < 230; y += 25)
    grey.slice(0, y, y + 12).slice(1, 20, 60).add_(50.0 + static_cast<double>(y));
  const auto statistics = measure_image(grey, 1);
  const double max_size = 14;
  for (const auto& [mapping, name] : option_names(IntensityMapping{})) {
    IntensityOptions options;
    options.mapping = mapping;
    if (mapping == IntensityMapping::kSaturate) options.saturation = 1;
    options.truncate_mean = 1.6;
    const auto whole = map_intensity(grey, statistics, options, max_size);
    const double mean = grey.mean().item<double>();
    const IntensityRange range{
        grey.min().item<double>(), grey.max().item<double>(), mean,
        measure_saturation({grey.clamp_max(1.6 * mean)}, statistics, options, max_size)};
    const auto reach = static_cast<int64_t>(mapping_reach(options, max_size)) + 1;
    const auto part =
        map_intensity(grey.slice(0, 100 - reach, 150 + reach), statistics, options, max_size, range);
    const double difference =
        (part.slice(0, reach, reach + 50) - whole.slice(0, 100, 150)).abs().max().item<double>();
    EXPECT_LT(difference, mapping == IntensityMapping::kLocal ? 0.05 : 1e-5) << name;
  }
}

}  // namespace
}  // namespace priorseg
