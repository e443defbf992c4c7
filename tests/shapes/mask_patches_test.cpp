#include "priorseg/shapes/mask_patches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"

namespace priorseg {
namespace {

using testing::HasSubstr;

torch::Tensor empty_labels() { return torch::zeros({60, 80}, torch::kInt32); }

void draw_box(torch::Tensor& labels, int label, int64_t y0, int64_t x0, int64_t height, int64_t width) {
  labels.slice(0, y0, y0 + height).slice(1, x0, x0 + width).fill_(label);
}

MaskPatchOptions plain() {
  MaskPatchOptions options;
  options.rotation_step = 0;
  options.elastic = 0;
  options.mirror = false;
  return options;
}

TEST(CutObjectMasks, CutsEachLabelToItsTightBox) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 7, 5, 10, 6, 9);
  draw_box(labels, 3, 30, 20, 8, 4);
  const ObjectMasks objects = cut_object_masks(labels, plain());
  ASSERT_EQ(objects.masks.size(), 2u);
  EXPECT_EQ(objects.masks[0].sizes(), torch::IntArrayRef({8, 4}));  // in the order of the labels
  EXPECT_EQ(objects.masks[1].sizes(), torch::IntArrayRef({6, 9}));
  EXPECT_EQ(objects.masks[1].scalar_type(), torch::kUInt8);
  EXPECT_EQ(objects.masks[1].sum().item<int64_t>(), 54);
}

TEST(CutObjectMasks, SkipsObjectsAtTheBorder) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 0, 10, 10, 10);
  draw_box(labels, 2, 20, 70, 10, 10);
  draw_box(labels, 3, 30, 20, 10, 10);
  MaskPatchOptions options = plain();
  EXPECT_EQ(cut_object_masks(labels, options).masks.size(), 1u);
  options.skip_border_objects = false;
  EXPECT_EQ(cut_object_masks(labels, options).masks.size(), 3u);
}

TEST(CutObjectMasks, CutsTailsOffWhereAskedTo) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 20, 20, 12, 12);
  draw_box(labels, 1, 25, 32, 2, 20);  // a tail
  MaskPatchOptions options = plain();
  EXPECT_EQ(cut_object_masks(labels, options).masks.at(0).sizes(), torch::IntArrayRef({12, 32}));
  options.min_width = 0.5;
  const torch::Tensor body = cut_object_masks(labels, options).masks.at(0);
  EXPECT_EQ(body.size(0), 12);
  EXPECT_LE(body.size(1), 14);
  EXPECT_GE(body.sum().item<int64_t>(), 120);
}

TEST(CutObjectMasks, LeavesObjectsWithoutTailsAloneButForTheirCorners) {
  torch::Tensor labels = empty_labels();
  const auto y = torch::arange(60).view({60, 1}) - 30, x = torch::arange(80).view({1, 80}) - 40;
  labels.masked_fill_((y * y * 4 + x * x).le(400), 1);  // an ellipse of 20 by 40 px
  draw_box(labels, 2, 2, 2, 1, 30);                     // all of it is thin
  MaskPatchOptions options = plain();
  const auto before = cut_object_masks(labels, options);
  options.min_width = 0.6;
  const auto after = cut_object_masks(labels, options);
  EXPECT_GE(after.masks.at(0).sum().item<int64_t>(), 0.96 * before.masks.at(0).sum().item<double>());
  EXPECT_TRUE(after.masks.at(1).equal(before.masks.at(1)));
}

TEST(CutObjectMasks, KeepsTheLargestPartOnly) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 5, 5, 5, 5);
  draw_box(labels, 1, 10, 10, 10, 12);  // touches the first at a corner only
  const ObjectMasks objects = cut_object_masks(labels, plain());
  ASSERT_EQ(objects.masks.size(), 1u);
  EXPECT_EQ(objects.masks[0].sizes(), torch::IntArrayRef({10, 12}));
  EXPECT_EQ(objects.masks[0].sum().item<int64_t>(), 120);
}

TEST(CutObjectMasks, ExcludesNeighboursInsideTheBox) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 20, 20);
  draw_box(labels, 2, 15, 15, 15, 15);
  const ObjectMasks objects = cut_object_masks(labels, plain());
  EXPECT_EQ(objects.masks[0].sum().item<int64_t>(), 400 - 225);
}

TEST(CutObjectMasks, SkipsSmallObjects) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 3, 5);
  draw_box(labels, 2, 20, 10, 4, 4);
  EXPECT_EQ(cut_object_masks(labels, plain()).masks.size(), 1u);
}

TEST(CutObjectMasks, ReadsLabelMapsThatAreNotContiguous) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 6, 12);
  EXPECT_EQ(cut_object_masks(labels.t(), plain()).masks.at(0).sizes(), torch::IntArrayRef({12, 6}));
}

TEST(CutObjectMasks, RejectsOtherTensors) {
  EXPECT_THROW(cut_object_masks(torch::zeros({1, 8, 8}, torch::kInt32), plain()), Error);
  EXPECT_THROW(cut_object_masks(torch::zeros({8, 8}), plain()), Error);
}

TEST(DrawMaskPatches, FillsTheMiddleOfThePatch) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 12, 30);
  MaskPatchOptions options;
  options.patch_size = 40;
  options.fill = 0.5;
  Random random(1);
  const torch::Tensor patches = draw_mask_patches(cut_object_masks(labels, options), 50, options, random);
  EXPECT_EQ(patches.sizes(), torch::IntArrayRef({50, 1, 40, 40}));
  for (const int64_t direction : {2, 3}) {
    const torch::Tensor used = patches.amax({1, direction}) > 0;
    EXPECT_EQ(used.slice(1, 0, 10).sum().item<int64_t>() + used.slice(1, 30, 40).sum().item<int64_t>(), 0);
    EXPECT_TRUE(used.slice(1, 10, 30).all().item<bool>());
  }
}

TEST(DrawMaskPatches, DrawsARectangleAsARectangle) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 24, 40);
  MaskPatchOptions options = plain();
  options.patch_size = 40;
  options.fill = 0.5;
  Random random(2);
  const torch::Tensor patch = draw_mask_patches(cut_object_masks(labels, options), 1, options, random)[0][0];
  EXPECT_TRUE((patch.slice(0, 13, 27).slice(1, 10, 30) > 0.999).all().item<bool>());
  EXPECT_NEAR(patch.sum().item<double>(), 400, 6);  // but for rounded corners
}

TEST(DrawMaskPatches, RotatesByRightAngles) {
  // A triangle-like staircase tells the four directions apart.
  torch::Tensor labels = empty_labels();
  for (int64_t i = 0; i < 24; ++i) draw_box(labels, 1, 10 + i, 10, 1, 3 + i);
  MaskPatchOptions options = plain();
  const ObjectMasks objects = cut_object_masks(labels, options);
  Random random(3);
  const torch::Tensor upright = draw_mask_patches(objects, 1, options, random)[0][0];
  options.rotation_step = 90;
  const torch::Tensor rotated = draw_mask_patches(objects, 40, options, random);
  std::array<int, 4> seen{};
  for (int64_t i = 0; i < rotated.size(0); ++i) {
    for (int turns = 0; turns < 4; ++turns) {
      if (torch::allclose(rotated[i][0], torch::rot90(upright, turns), 0, 1e-3)) ++seen[turns];
    }
  }
  EXPECT_EQ(seen[0] + seen[1] + seen[2] + seen[3], 40);
  for (int turns = 0; turns < 4; ++turns) EXPECT_GT(seen[turns], 0) << turns;
}

TEST(DrawMaskPatches, MirrorsHalfOfThePatches) {
  torch::Tensor labels = empty_labels();
  for (int64_t i = 0; i < 24; ++i) draw_box(labels, 1, 10 + i, 10, 1, 3 + i);
  MaskPatchOptions options = plain();
  const ObjectMasks objects = cut_object_masks(labels, options);
  Random random(4);
  const torch::Tensor upright = draw_mask_patches(objects, 1, options, random)[0][0];
  options.mirror = true;
  const torch::Tensor patches = draw_mask_patches(objects, 100, options, random);
  int mirrored = 0;
  for (int64_t i = 0; i < 100; ++i) mirrored += torch::allclose(patches[i][0], upright.flip(1), 0, 1e-3);
  EXPECT_GT(mirrored, 30);
  EXPECT_LT(mirrored, 70);
}

TEST(DrawMaskPatches, IsRepeatableFromTheSeed) {
  torch::Tensor labels = empty_labels();
  draw_box(labels, 1, 10, 10, 20, 30);
  const ObjectMasks objects = cut_object_masks(labels, {});
  Random first(5), second(5);
  EXPECT_TRUE(
      torch::equal(draw_mask_patches(objects, 8, {}, first), draw_mask_patches(objects, 8, {}, second)));
}

TEST(DrawMaskPatches, NamesAMissingObject) {
  Random random(6);
  try {
    draw_mask_patches(cut_object_masks(empty_labels(), {}), 8, {}, random);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no usable object"));
    EXPECT_THAT(error.what(), HasSubstr("16 px"));
  }
}

TEST(DrawMaskPatches, RejectsSettingsOutsideTheirRange) {
  MaskPatchOptions options;
  options.min_area = 0;
  EXPECT_THROW(check_options(options), Error);
  options = {};
  options.elastic = 0.5;
  EXPECT_THROW(check_options(options), Error);
  options = {};
  options.rotation_step = -30;
  EXPECT_THROW(check_options(options), Error);
}

}  // namespace
}  // namespace priorseg
