#include "priorseg/output/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "priorseg/image/artefacts.h"
#include "priorseg/output/label_colours.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

std::vector<int> colour_at(const torch::Tensor& picture, int64_t y, int64_t x) {
  return {picture[y][x][0].item<int>(), picture[y][x][1].item<int>(), picture[y][x][2].item<int>()};
}

bool is_grey(const std::vector<int>& colour) { return colour[0] == colour[1] && colour[1] == colour[2]; }

/// A square object, 1 px away from the border.
torch::Tensor square(int64_t side) {
  torch::Tensor labels = torch::zeros({side, side}, torch::kInt32);
  labels.slice(0, 1, side - 1).slice(1, 1, side - 1) = 1;
  return labels;
}

TEST(Overlay, HasSizeOfImageOrIsScaledToLongestSide) {
  const auto size_of = [](int64_t height, int64_t width, int64_t max_side) {
    OverlayOptions options;
    options.max_side = max_side;
    return draw_overlay(torch::rand({1, height, width}), torch::zeros({height, width}, torch::kInt32),
                        options)
        .sizes()
        .vec();
  };
  EXPECT_EQ(size_of(40, 60, 2000), (std::vector<int64_t>{40, 60, 3}));
  EXPECT_EQ(size_of(400, 600, 60), (std::vector<int64_t>{40, 60, 3}));
  EXPECT_EQ(size_of(600, 400, 60), (std::vector<int64_t>{60, 40, 3}));
  EXPECT_EQ(size_of(2, 600, 60), (std::vector<int64_t>{1, 60, 3}));
}

TEST(Overlay, DrawsOutlineInsideObjectOnly) {
  const torch::Tensor pixels = torch::arange(100).to(torch::kFloat32).view({1, 10, 10});
  const torch::Tensor picture = draw_overlay(pixels, square(10));
  EXPECT_EQ(picture.scalar_type(), torch::kUInt8);
  for (int64_t y = 0; y < 10; ++y)
    for (int64_t x = 0; x < 10; ++x) {
      const bool inside = y >= 1 && y <= 8 && x >= 1 && x <= 8, core = y >= 2 && y <= 7 && x >= 2 && x <= 7;
      EXPECT_EQ(is_grey(colour_at(picture, y, x)), !inside || core) << y << " " << x;
    }
}

TEST(Overlay, OutlineWidthAndFilling) {
  OverlayOptions options;
  options.outline_width = 3;
  const torch::Tensor pixels = torch::zeros({1, 12, 12});
  torch::Tensor picture = draw_overlay(pixels, square(12), options);
  EXPECT_FALSE(is_grey(colour_at(picture, 3, 6)));
  EXPECT_TRUE(is_grey(colour_at(picture, 4, 6)));
  options.fill_opacity = 0.5;
  picture = draw_overlay(pixels, square(12), options);
  const auto edge = colour_at(picture, 1, 6), core = colour_at(picture, 6, 6);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(core[c], edge[c] / 2.0, 1);
}

TEST(Overlay, TouchingObjectsHaveDifferentColours) {
  torch::Tensor labels = torch::zeros({6, 12}, torch::kInt32);
  labels.slice(1, 0, 6) = 7;
  labels.slice(1, 6, 12) = 70000;
  const torch::Tensor picture = draw_overlay(torch::zeros({1, 6, 12}), labels);
  EXPECT_NE(colour_at(picture, 3, 5), colour_at(picture, 3, 6));
}

TEST(Overlay, StretchIgnoresHotPixelsAndOffset) {
  torch::Tensor pixels = torch::full({1, 100, 100}, 1000.0);
  pixels.slice(1, 0, 50) = 1100;
  pixels[0][90][90] = 65535;
  const torch::Tensor picture = draw_image(pixels);
  EXPECT_EQ(colour_at(picture, 10, 10), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(colour_at(picture, 80, 10), (std::vector<int>{0, 0, 0}));
}

TEST(Overlay, FewObjectsDoNotDrownInWhite) {
  torch::manual_seed(1);
  torch::Tensor pixels = 100 + 5 * torch::randn({1, 300, 300});
  torch::Tensor labels = torch::zeros({300, 300}, torch::kInt32);
  labels.slice(0, 100, 110).slice(1, 100, 110) = 1;
  pixels.slice(1, 100, 110).slice(2, 100, 110) += 1000;
  const torch::Tensor picture = draw_overlay(pixels, labels);
  EXPECT_LT(colour_at(picture, 20, 20)[0], 20);
  EXPECT_GT(colour_at(picture, 105, 105)[0], 230);
}

TEST(Overlay, FlatImageIsBlackAndOnePixelIsFine) {
  EXPECT_EQ(draw_image(torch::full({1, 5, 6}, 7e30)).max().item<int>(), 0);
  EXPECT_EQ(draw_overlay(torch::ones({1, 1, 1}), torch::ones({1, 1}, torch::kInt32)).numel(), 3);
}

TEST(Overlay, BrightensDimObjectsOfDarkImagesOnly) {
  torch::Tensor pixels = torch::zeros({1, 20, 20});
  pixels[0][0] = 1000;
  pixels[0][1] = 100;
  EXPECT_NEAR(colour_at(draw_image(pixels), 1, 5)[0], 255 * std::pow(0.1, 0.6), 1);
  pixels.slice(1, 2) = 600;
  pixels[0][2][0] = pixels[0][2][1] = pixels[0][2][2] = 0;
  EXPECT_NEAR(colour_at(draw_image(pixels), 1, 5)[0], 25.5, 1);
}

TEST(Overlay, KeepsColoursOfColourImages) {
  torch::Tensor pixels = torch::zeros({3, 20, 20});
  pixels[0] = 200;
  pixels[1] = 100;
  const auto colour = colour_at(draw_image(pixels), 10, 10);
  EXPECT_EQ(colour[0], 255);
  EXPECT_NEAR(colour[1], 128, 1);
  EXPECT_EQ(colour[2], 0);
}

TEST(Overlay, LeavesItsInputAlone) {
  torch::Tensor pixels = torch::rand({1, 20, 20}), labels = square(20);
  const torch::Tensor pixels_before = pixels.clone(), labels_before = labels.clone();
  draw_overlay(pixels, labels);
  EXPECT_TRUE(pixels.equal(pixels_before));
  EXPECT_TRUE(labels.equal(labels_before));
}

TEST(Overlay, RefusesWrongInput) {
  const torch::Tensor pixels = torch::zeros({1, 5, 6}), labels = torch::zeros({5, 6}, torch::kInt32);
  EXPECT_THAT(error_message([&] { draw_overlay(torch::zeros({2, 5, 6}), labels); }), HasSubstr("2 channels"));
  EXPECT_THAT(error_message([&] { draw_overlay(pixels, labels.t()); }), HasSubstr("labels has shape [6,5]"));
  EXPECT_THAT(error_message([&] { draw_overlay(pixels, labels - 1); }), HasSubstr("negative"));
  EXPECT_THAT(error_message([&] { draw_overlay(pixels, pixels[0]); }), HasSubstr("int32"));
  OverlayOptions options;
  options.max_side = 0;
  EXPECT_THAT(error_message([&] { draw_overlay(pixels, labels, options); }), HasSubstr("max_side is 0"));
  options = {};
  options.fill_opacity = 1.5;
  EXPECT_THAT(error_message([&] { draw_overlay(pixels, labels, options); }), HasSubstr("fill_opacity"));
}

TEST(LabelColours, NeighboursDifferInACrowd) {
  // Each 5 x 5 block is one object of 3 x 3 px: neighbours lie 2 px apart.
  const int64_t rows = 30, columns = 40;
  torch::manual_seed(2);
  const torch::Tensor numbers =
      torch::randperm(rows * columns).add(1).to(torch::kInt32).view({rows, columns});
  torch::Tensor labels = numbers.repeat_interleave(5, 0).repeat_interleave(5, 1);
  for (const int dimension : {0, 1})
    for (const int64_t gap : {0, 4})
      labels.index_fill_(dimension, torch::arange(gap, labels.size(dimension), 5, torch::kInt64), 0);
  const auto colours = choose_colours(labels.contiguous(), rows * columns);
  std::vector<int> used(kLabelColours.size());
  for (int64_t y = 0; y + 1 < rows; ++y)
    for (int64_t x = 0; x + 1 < columns; ++x) {
      const auto colour = [&](int64_t v, int64_t u) { return colours[numbers[v][u].item<int>()]; };
      ASSERT_LT(colour(y, x), kLabelColours.size());
      ASSERT_NE(colour(y, x), colour(y, x + 1));
      ASSERT_NE(colour(y, x), colour(y + 1, x));
      ++used[colour(y, x)];
    }
  for (const int count : used) EXPECT_GT(count, 0);
}

TEST(LabelColours, HubWithManyNeighboursDiffersFromAll) {
  torch::Tensor labels = torch::zeros({40, 200}, torch::kInt32);
  labels.slice(0, 10, 30) = 50;
  for (int i = 1; i < 50; ++i) labels.slice(0, 31, 39).slice(1, 4 * i, 4 * i + 3) = i;
  const auto colours = choose_colours(labels, 50);
  for (int i = 1; i < 50; ++i) EXPECT_NE(colours[i], colours[50]);
}

TEST(LabelColours, NoObjects) {
  EXPECT_EQ(choose_colours(torch::zeros({3, 3}, torch::kInt32), 0).size(), 1u);
}

TEST(Overlay, HatchesArtefactsAndColoursNarrowOnes) {
  const auto pixels = torch::rand({1, 40, 60}), labels = torch::zeros({40, 60}, torch::kInt32);
  auto artefacts = torch::zeros({40, 60}, torch::kUInt8);
  artefacts.slice(1, 0, 20).fill_(static_cast<int>(ArtefactKind::kPadding));
  artefacts.select(1, 30).fill_(static_cast<int>(ArtefactKind::kLine));
  RunningOverlay running(1, 40, 60);
  running.add_rows(pixels.slice(1, 0, 15), labels.slice(0, 0, 15), artefacts.slice(0, 0, 15));
  running.add_rows(pixels.slice(1, 15), labels.slice(0, 15), artefacts.slice(0, 15));
  const auto picture = running.draw_overlay();
  const auto is_coloured = picture.select(2, 0).ne(picture.select(2, 1));
  EXPECT_NEAR(is_coloured.slice(1, 0, 20).to(torch::kFloat32).mean().item<double>(), 0.25, 0.05);
  EXPECT_TRUE(is_coloured.select(1, 30).all().item<bool>());
  EXPECT_FALSE(is_coloured.slice(1, 31).any().item<bool>());
  EXPECT_FALSE(running.draw_image().select(2, 0).ne(running.draw_image().select(2, 1)).any().item<bool>());
}

TEST(Overlay, IsStretchedByThePictureNotByArtefacts) {
  auto pixels = torch::rand({1, 40, 60});
  const auto labels = torch::zeros({40, 60}, torch::kInt32);
  const auto plain = draw_image(pixels.slice(2, 30));
  auto artefacts = torch::zeros({40, 60}, torch::kUInt8);
  artefacts.slice(1, 0, 30).fill_(static_cast<int>(ArtefactKind::kPadding));
  pixels.slice(2, 0, 30).fill_(1e6);
  pixels.slice(2, 0, 10).fill_(NAN);
  RunningOverlay running(1, 40, 60);
  running.add_rows(pixels, labels, artefacts);
  EXPECT_TRUE(running.draw_image().slice(1, 30).equal(plain));
}

}  // namespace
}  // namespace priorseg
