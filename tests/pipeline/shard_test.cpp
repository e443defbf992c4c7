#include "priorseg/pipeline/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using testing::ElementsAre;

TEST(Shard, IsReadAsKOfN) {
  EXPECT_EQ(parse_shard("2/8").text(), "2/8");
  EXPECT_EQ(parse_shard("1/1").count, 1);
  for (const char* text : {"", "2", "/", "0/4", "5/4", "-1/4", "1/4x", "1/", "a/b", "1 /4"})
    EXPECT_THROW(parse_shard(text), Error) << text;
}

TEST(Shard, SharesHoldEveryImageOnceUnderTheNamesOfTheWhole) {
  const std::vector<std::filesystem::path> images = {"w1/a.tif", "w1/b.tif", "w2/a.tif", "w2/c.tif",
                                                     "w2/d.tif"};
  std::multiset<std::string> stems;
  for (int64_t number = 1; number <= 3; ++number) {
    const auto plan = plan_of_shard(images, {number, 3});
    EXPECT_EQ(plan.images.size(), plan.stems.size());
    stems.insert(plan.stems.begin(), plan.stems.end());
  }
  EXPECT_THAT(stems, ElementsAre("b", "c", "d", "w1_a", "w2_a"));
  EXPECT_THAT(plan_of_shard(images, {2, 3}).stems, ElementsAre("b", "d"));
  EXPECT_TRUE(plan_of_shard(images, {7, 8}).images.empty());
}

TEST(Shard, KnowsHowManyImagesItHas) {
  for (int64_t images = 0; images < 12; ++images) {
    int64_t sum = 0;
    for (int64_t number = 1; number <= 5; ++number) sum += ShardRecord{{number, 5}, images, "", {}}.size();
    EXPECT_EQ(sum, images);
  }
}

}  // namespace
}  // namespace priorseg
