#include "priorseg/core/image_name.h"

#include <gtest/gtest.h>

namespace priorseg {
namespace {

TEST(ImageName, StemIsTheNameWithoutItsEnding) {
  EXPECT_EQ(image_stem("x/a.tif"), "a");
  EXPECT_EQ(image_stem("b.1.png"), "b.1");
  EXPECT_EQ(image_stem("c"), "c");
}

TEST(ImageName, OmeTiffIsOneEnding) {
  EXPECT_EQ(image_stem("x/a.ome.tif"), "a");
  EXPECT_EQ(image_stem("a.b.OME.TIFF"), "a.b");
  EXPECT_EQ(image_stem("a.ome.png"), "a.ome");
  EXPECT_EQ(image_stem("a.home.tif"), "a.home");
  EXPECT_EQ(image_stem(".ome.tif"), ".ome");
}

TEST(ImageName, EndingsOfLabelMapsComeOff) {
  EXPECT_EQ(without_label_ending("a_cp_masks"), "a");
  EXPECT_EQ(without_label_ending("a_Labels"), "a");
  EXPECT_EQ(without_label_ending("a_masks_2"), "a_masks_2");
  EXPECT_EQ(without_label_ending("_mask"), "_mask");
}

}  // namespace
}  // namespace priorseg
