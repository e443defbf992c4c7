// An image of more pixels than are worked on at once, and a training on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "cli/tiny_job.h"
#include "priorseg/detector/detector.h"
#include "priorseg/image/image_file.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;

TEST(LargeImage, GoesThroughInBandsWithOneRowAnObjectAndLabelsFromTopToBottom) {
  const auto& workshop = Workshop::instance();
  const TemporaryFolder folder;
  // A simulated image again and again down the left side of an empty one: tall, so that bands meet many
  // times.
  const auto tile = read_image(fs::path(workshop.images()) / "sim_000.tif").pixels[0];
  const int64_t down = 90, height = tile.size(0) * down, width = Detector::kBandPixels / height + 1;
  auto large = torch::full({height, width}, tile.median().item<double>());
  large.slice(1, 0, 2 * tile.size(1)) = tile.repeat({down, 2});
  write_grey_tiff(folder / "large.tif", large, 16);
  succeed(Words{"segment", (folder / "large.tif").string(), "--model", workshop.model(), "-q", "-o",
                (folder / "out").string()});

  const auto labels = read_label_map(folder / "out/labels/large.tif");
  ASSERT_EQ(labels.sizes(), large.sizes());
  const int64_t objects = labels.max().item<int32_t>();
  ASSERT_GT(objects, 0);
  EXPECT_EQ(count_lines(read_text(folder / "out/objects.csv")), objects + 1);
  const auto areas = labels.flatten().bincount().slice(0, 1);
  EXPECT_GT(areas.min().item<int64_t>(), 0);  // numbered without gaps
  const auto found = (labels > 0).sum(1).view({down, tile.size(0)}).sum(1);
  EXPECT_GT(found.min().item<int64_t>(), found.max().item<int64_t>() / 2);  // wherever bands meet
  const auto overlay = read_image(folder / "out/overlays/large.png").pixels;
  EXPECT_EQ(std::max(overlay.size(1), overlay.size(2)), 2000);
}

TEST(LargeImage, IsLearnedFromByCrops) {
  const auto& workshop = Workshop::instance();
  const TemporaryFolder folder;
  const auto tile = read_image(fs::path(workshop.images()) / "sim_000.tif").pixels[0];
  const int64_t side = 4100;
  ASSERT_GT(side * side, Detector::kBandPixels);
  auto large = torch::full({side, side}, tile.median().item<double>());
  const auto corner = tile.repeat({14, 14}).slice(0, 0, 1024).slice(1, 0, 1024);
  large.slice(0, 0, 1024).slice(1, 0, 1024) = corner;
  write_grey_tiff(folder / "large.tif", large, 16);
  succeed(Words{"train", (folder / "large.tif").string(), "--prior", workshop.prior(), "-o",
                (folder / "out").string()} +
          tiny_settings(2, 1));
  EXPECT_TRUE(fs::exists(folder / "out/model.safetensors"));
  std::vector<fs::path> previews;
  for (const auto& entry : fs::directory_iterator(folder / "out/previews")) previews.push_back(entry.path());
  ASSERT_FALSE(previews.empty());
  // It shows the first crop, which is full of objects, and not the whole image, of which only a corner is.
  const auto preview = read_image(previews.front()).pixels;
  EXPECT_GT(preview.slice(1, preview.size(1) / 2).slice(2, preview.size(2) / 2).std().item<float>(), 10);
}

}  // namespace
}  // namespace priorseg::test
