#include "priorseg/output/look_picture.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace priorseg {
namespace {

TEST(LookPicture, ShowsTheImageTwiceWithTheSizesInTheSecond) {
  LookPicture look;
  look.pixels = torch::rand({1, 120, 160});
  look.artefacts = torch::zeros({120, 160}, torch::kUInt8);
  look.parts = torch::zeros({120, 160}, torch::kInt32);
  const auto plain = draw_look(look);
  EXPECT_GE(plain.size(1), 2 * 160);
  look.smallest = 10;
  look.largest = 40;
  const auto with_sizes = draw_look(look);
  ASSERT_EQ(with_sizes.sizes(), plain.sizes());
  const auto differs = with_sizes.ne(plain).any(2);
  const int64_t half = plain.size(1) / 2;
  EXPECT_FALSE(differs.slice(0, 60).slice(1, 0, half).any().item<bool>()) << "the first picture is as it was";
  EXPECT_TRUE(differs.slice(1, half).any().item<bool>());
}

}  // namespace
}  // namespace priorseg
