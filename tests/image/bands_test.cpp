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

/// Windows of `step` x `step` px that cover an image, the last ones smaller.
std::vector<ImageWindow> windows_of(std::array<int64_t, 2> size, int64_t step) {
  std::vector<ImageWindow> windows;
  for (int64_t y = 0; y < size[0]; y += step)
    for (int64_t x = 0; x < size[1]; x += step)
      windows.push_back({{y, std::min(size[0], y + step)}, {x, std::min(size[1], x + step)}});
  return windows;
}

torch::Tensor part_of(const torch::Tensor& map, const ImageWindow& window) {
  return map.slice(0, window.rows.first, window.rows.last)
      .slice(1, window.columns.first, window.columns.last);
}

TEST(ResizeWindow, IsTheSameToTheBitWhateverTheWindow) {
  const std::array<int64_t, 2> whole = {61, 143};
  const auto grey = 1000 * torch::rand({61, 143});
  for (const auto& size : std::vector<std::array<int64_t, 2>>{{61, 143}, {55, 129}, {20, 47}, {90, 211}}) {
    const auto rows = resize_rows(grey, {0, 61}, 61, size, {0, size[0]});
    for (const int64_t step : {1, 13, 50})
      for (const auto& wanted : windows_of(size, step)) {
        const auto source = source_window(whole, size, wanted);
        ASSERT_TRUE(
            resize_window(part_of(grey, source), source, whole, size, wanted).equal(part_of(rows, wanted)))
            << size[1] << " " << step << " " << wanted.columns.first;
      }
  }
}

TEST(ResizeWindow, AsksForTheColumnsItNeeds) {
  EXPECT_THAT(test::error_message([] {
                resize_window(torch::rand({20, 4}), {{0, 20}, {3, 7}}, {20, 20}, {10, 10}, {{0, 10}, {1, 3}});
              }),
              HasSubstr("cannot resize from columns 3 to 7, expected columns 2 to 6"));
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
    const auto flat = grey.slice(0, first, last) - background.window({{first, last}, {0, 140}});
    ASSERT_TRUE(flat.allclose(expected.slice(0, first, last), 1e-4, 1e-2)) << first;
  }
  EXPECT_NEAR(background.at(77, 31), (grey - expected)[77][31].item<float>(), 1e-2);
  const auto all = background.window({{0, 330}, {0, 140}});
  for (const auto& window : windows_of({330, 140}, 37))
    ASSERT_TRUE(background.window(window).equal(part_of(all, window)));
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

/// Bright rectangles of many heights on noise.
torch::Tensor rectangles(int64_t height, int64_t width) {
  torch::manual_seed(5);
  auto grey = 100 + 2 * torch::randn({height, width});
  for (int64_t y = 10; y + 10 < height; y += 25)
    for (int64_t x = 20; x + 40 < width; x += 60)
      grey.slice(0, y, y + 12).slice(1, x, x + 40).add_(50.0 + static_cast<double>(y + x));
  return grey;
}

/// What mapping a part has to know of the whole.
PartOfImage part_at(const ImageWindow& window, const torch::Tensor& grey, const ImageStatistics& statistics,
                    const IntensityOptions& options, double max_size) {
  const double mean = grey.mean().item<double>();
  const IntensityRange range{
      grey.min().item<double>(), grey.max().item<double>(), mean,
      measure_saturation({grey.clamp_max(options.truncate_mean * mean)}, statistics, options, max_size)};
  return {range, grey.size(0), grey.size(1), window.rows.first, window.columns.first};
}

/// The pixels of a window, mapped with those around it that the mapping looks at, at least.
torch::Tensor mapped_by_itself(const ImageWindow& window, const torch::Tensor& grey,
                               const ImageStatistics& statistics, const IntensityOptions& options,
                               double max_size, int64_t further = 0) {
  const auto reach = static_cast<int64_t>(std::ceil(mapping_reach(options, max_size))) + further;
  const auto around = [reach](RowRange range, int64_t length) {
    return RowRange{std::max<int64_t>(0, range.first - reach), std::min(length, range.last + reach)};
  };
  const ImageWindow shown{around(window.rows, grey.size(0)), around(window.columns, grey.size(1))};
  const auto mapped = map_intensity(part_of(grey, shown), statistics, options, max_size,
                                    part_at(shown, grey, statistics, options, max_size));
  return part_of(mapped,
                 {{window.rows.first - shown.rows.first, window.rows.last - shown.rows.first},
                  {window.columns.first - shown.columns.first, window.columns.last - shown.columns.first}});
}

TEST(MapIntensity, OfAPartIsThatOfTheWhole) {
  const auto grey = rectangles(240, 331);
  const auto statistics = measure_image(grey, 1);
  for (const double max_size : {14, 60})
    for (const auto& [mapping, name] : option_names(IntensityMapping{})) {
      IntensityOptions options;
      options.mapping = mapping;
      if (mapping == IntensityMapping::kSaturate) options.saturation = 1;
      options.truncate_mean = 1.6;
      const auto whole = map_intensity(grey, statistics, options, max_size);
      for (const auto& window : windows_of({240, 331}, 50)) {
        const auto part = mapped_by_itself(window, grey, statistics, options, max_size);
        ASSERT_LT((part - part_of(whole, window)).abs().max().item<double>(), 1e-5) << name;
      }
    }
}

TEST(MapIntensity, OfAPartIsTheSameToTheBitWhateverTheRestOfThePart) {
  const auto grey = rectangles(240, 1331);
  const auto statistics = measure_image(grey, 1);
  IntensityOptions options;
  options.mapping = IntensityMapping::kLocal;
  options.truncate_mean = 1.6;
  for (const double max_size : {14, 60, 150})
    for (const auto& window : windows_of({240, 1331}, 120)) {
      const auto part = mapped_by_itself(window, grey, statistics, options, max_size);
      for (const int64_t further : {8, 64, 3000})
        ASSERT_TRUE(mapped_by_itself(window, grey, statistics, options, max_size, further).equal(part))
            << max_size << " " << window.columns.first << " " << further;
    }
}

}  // namespace
}  // namespace priorseg
