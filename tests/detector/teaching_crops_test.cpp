#include "priorseg/detector/teaching_crops.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/core/generator.h"
#include "priorseg/detector/pasted_objects.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

using namespace test;

constexpr int64_t kTeachingSide = 96;
constexpr double kTeachingFill = 0.7;

/// An image of teaching_disks of radius 8 whose teacher knows all of them; box and mask as a prior would give
/// them.
TeachingImage teaching_disks(const std::vector<std::pair<double, double>>& centres) {
  TeachingImage image;
  image.mapped = torch::full({kTeachingSide, kTeachingSide}, 0.1);
  image.unknown = torch::zeros({kTeachingSide, kTeachingSide});
  std::vector<torch::Tensor> boxes, masks;
  const auto mask =
      pixels_of(Ellipse{16, 16, 16 * kTeachingFill, 16 * kTeachingFill}, 32, 32).to(torch::kFloat32);
  for (const auto& [x, y] : centres) {
    image.mapped.masked_fill_(pixels_of(Ellipse{x, y, 8, 8}, kTeachingSide, kTeachingSide), 0.9);
    boxes.push_back(torch::tensor({x, y, 16 / kTeachingFill, 16 / kTeachingFill}).to(torch::kFloat32));
    masks.push_back(mask);
  }
  image.boxes = torch::stack(boxes);
  image.masks = torch::stack(masks);
  image.trusted = torch::ones({static_cast<int64_t>(centres.size())}, torch::kBool);
  return image;
}

/// No change of brightness, contrast, blur that matters: what is in the crop stays visible.
DetectorOptions plain(int64_t pasted) {
  DetectorOptions options = tiny_options();
  options.self_training.darkest = 1;
  options.self_training.noise = 0;
  options.self_training.pasted = pasted;
  return options;
}

TeachingBatch draw(const std::vector<TeachingImage>& images, const DetectorOptions& options, uint64_t seed) {
  auto generator = torch_generator(seed);
  Random random(seed);
  return draw_teaching_crops(images, options, random, generator);
}

TEST(TeachingCrops, EveryObjectToLearnIsBrightUnderItsMaskAndCentredInItsGridCell) {
  const auto options = plain(0);
  const int64_t cell = options.localizer.cell_size(), grid = options.training.crop_size / cell;
  int64_t objects = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto batch = draw({teaching_disks({{30, 25}, {60, 40}, {45, 70}})}, options, seed);
    ASSERT_EQ(batch.boxes.size(0), batch.grid_cells.size(0));
    EXPECT_EQ(batch.presence.sum().item<int64_t>(), batch.grid_cells.size(0));
    for (int64_t n = 0; n < batch.boxes.size(0); ++n, ++objects) {
      const int64_t index = batch.grid_cells[n].item<int64_t>(),
                    image = batch.image_of_cell[n].item<int64_t>();
      EXPECT_EQ(batch.presence[index].item<float>(), 1);
      EXPECT_EQ(batch.known[index].item<float>(), 1);
      const double x = batch.boxes[n][0].item<double>(), y = batch.boxes[n][1].item<double>();
      EXPECT_EQ(index, image * grid * grid + static_cast<int64_t>(y / static_cast<double>(cell)) * grid +
                           static_cast<int64_t>(x / static_cast<double>(cell)));
      const auto place = stitch(batch.masks.slice(0, n, n + 1), batch.boxes.slice(0, n, n + 1),
                                torch::zeros({1}, torch::kInt64), 1, {64, 64})[0][0];
      const auto crop = batch.images[image][0];
      EXPECT_GT(((crop > 0.5) & (place > 0.5)).sum().item<double>(),
                0.9 * (place > 0.5).sum().item<double>());
    }
  }
  EXPECT_GT(objects, 60);
}

TEST(TeachingCrops, NothingIsLearnedOfDoubtfulObjectsAndUnknownPlaces) {
  auto image = teaching_disks({{30, 25}, {60, 60}});
  image.trusted[0] = false;
  image.unknown.slice(0, 50, 70).slice(1, 10, 30).fill_(1);
  const auto options = plain(0);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const auto batch = draw({image}, options, seed);
    // 2 x 2 grid cells at least lie under the doubtful disk or in the unknown square of 20 x 20 px.
    EXPECT_LT(batch.known.min().item<float>(), 1);
    EXPECT_LE(batch.grid_cells.size(0), options.training.batch_size);
  }
}

TEST(TeachingCrops, NeighboursOfAnObjectNearTheBorderOfItsGridCellAreLeftOut) {
  // Crop = image: no shift. The disk is centred 1 px right of a border between grid cells of 8 px.
  auto options = plain(0);
  options.training.crop_size = kTeachingSide;
  const auto batch = draw({teaching_disks({{49, 44}})}, options, 1);
  EXPECT_EQ(batch.presence.sum().item<int64_t>(), options.training.batch_size);
  const auto left_out = (batch.known == 0).sum().item<int64_t>();
  EXPECT_EQ(left_out, options.training.batch_size);
}

TEST(TeachingCrops, IsRepeatableBySeedAndLeavesTheImagesAlone) {
  const std::vector<TeachingImage> images = {teaching_disks({{30, 25}, {60, 40}}),
                                             teaching_disks({{45, 70}})};
  const auto before = images[0].mapped.clone(), boxes = images[0].boxes.clone();
  auto options = plain(5);
  options.self_training.darkest = 0.3;
  options.self_training.noise = 0.1;
  const auto first = draw(images, options, 3), again = draw(images, options, 3);
  EXPECT_TRUE(first.images.equal(again.images));
  EXPECT_TRUE(first.boxes.equal(again.boxes));
  EXPECT_TRUE(images[0].mapped.equal(before));
  EXPECT_TRUE(images[0].boxes.equal(boxes));
  EXPECT_FALSE(first.images.equal(draw(images, options, 4).images));
  EXPECT_GE(first.images.min().item<float>(), 0);
  EXPECT_LE(first.images.max().item<float>(), 1);
}

TEST(TeachingCrops, ImagesWithoutObjectsTeachThatThereAreNone) {
  auto image = teaching_disks({{30, 25}});
  image.boxes = torch::zeros({0, 4}), image.masks = torch::zeros({0, 32, 32});
  image.trusted = torch::zeros({0}, torch::kBool);
  const auto batch = draw({image}, plain(4), 2);
  EXPECT_EQ(batch.presence.sum().item<float>(), 0);
  EXPECT_EQ(batch.known.min().item<float>(), 1);
  EXPECT_EQ(batch.boxes.sizes(), (torch::IntArrayRef{0, 4}));
  EXPECT_EQ(batch.masks.sizes(), (torch::IntArrayRef{0, 1, 32, 32}));
}

TEST(TeachingCrops, ImagesSmallerThanACropAreUnknownBeyondTheirBorder) {
  auto options = plain(0);
  options.training.crop_size = 128;
  const auto batch = draw({teaching_disks({{30, 25}})}, options, 5);
  const double grid_cells = 16 * 16, inside = 12 * 12;
  EXPECT_NEAR(batch.known.mean().item<double>(), inside / grid_cells, 0.02);
}

class PastedObjects : public testing::Test {
 protected:
  PastedObjects() {
    torch::manual_seed(1);
    Random random(6);
    paste_touching_objects(crop_, {teaching_disks({{50, 50}})}, 12, random);
  }

  TeachingImage crop_ = teaching_disks({{40, 40}, {70, 60}});
};

TEST_F(PastedObjects, TouchWithoutLyingOnOthers) {
  ASSERT_GT(crop_.boxes.size(0), 3);
  const auto all =
      stitch(crop_.masks.unsqueeze(1), crop_.boxes, torch::zeros({crop_.boxes.size(0)}, torch::kInt64), 1,
             {kTeachingSide, kTeachingSide});
  const double disk_area = M_PI * 64;
  const double shared = torch::relu(all - 1).sum().item<double>();
  EXPECT_LT(shared, 0.1 * disk_area * static_cast<double>(crop_.boxes.size(0)));
  for (int64_t n = 2; n < crop_.boxes.size(0); ++n) {
    double nearest = 1e9;
    for (int64_t m = 0; m < n; ++m)
      nearest = std::min(nearest, (crop_.boxes[n] - crop_.boxes[m]).slice(0, 0, 2).norm().item<double>());
    EXPECT_GT(nearest, 13) << n;
    EXPECT_LT(nearest, 20) << n;
  }
}

TEST_F(PastedObjects, AreSeenInTheImageAndKnown) {
  EXPECT_EQ(crop_.masks.size(0), crop_.boxes.size(0));
  EXPECT_TRUE(crop_.trusted.all().item<bool>());
  for (int64_t n = 0; n < crop_.boxes.size(0); ++n) {
    const auto x = static_cast<int64_t>(crop_.boxes[n][0].item<double>()),
               y = static_cast<int64_t>(crop_.boxes[n][1].item<double>());
    EXPECT_GT(crop_.mapped[y][x].item<float>(), 0.3) << n;  // at most darkened to .4 of .9
  }
}

TEST(CutOut, OfABoxOverTheBorderIsEmpty) {
  Random random(1);
  EXPECT_EQ(cut_out(teaching_disks({{5, 40}}), 0, random).share.numel(), 0);
}

TEST(CutOut, KeepsBoxMaskAndPixelsTogetherHoweverItTurns) {
  auto image = teaching_disks({{40, 44}});
  image.masks.slice(1, 0, 16).zero_();  // the lower half of the disk
  image.mapped.slice(0, 0, 44).fill_(0.1);
  for (uint64_t seed = 0; seed < 16; ++seed) {
    Random random(seed);
    const auto cutout = cut_out(image, 0, random);
    const auto again =
        stitch(cutout.mask.contiguous().view({1, 1, 32, 32}), cutout.box.view({1, 4}),
               torch::zeros({1}, torch::kInt64), 1, {cutout.share.size(0), cutout.share.size(1)})[0][0];
    EXPECT_LT((again - cutout.share).abs().max().item<double>(), 1e-4);
    const auto inside = cutout.share > 0.9;
    EXPECT_GT(cutout.pixels.masked_select(inside).mean().item<double>(), 0.8);
    EXPECT_LT(cutout.pixels.masked_select(cutout.share < 0.1).mean().item<double>(), 0.2);
  }
}

}  // namespace
}  // namespace priorseg
