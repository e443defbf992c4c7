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
  // A simulated image again and again: tall, so that bands meet many times.
  const auto tile = read_image(fs::path(workshop.images()) / "sim_000.tif").pixels[0];
  const int64_t down = 90, across = Detector::kBandPixels / tile.numel() / down + 1;
  write_grey_tiff(folder / "large.tif", tile.repeat({down, across}), 16);
  succeed(Words{"segment", (folder / "large.tif").string(), "--model", workshop.model(), "-q", "-o",
                (folder / "out").string()});

  const auto labels = read_label_map(folder / "out/labels/large.tif");
  ASSERT_EQ(labels.size(0), tile.size(0) * down);
  const int64_t objects = labels.max().item<int32_t>();
  ASSERT_GT(objects, 0);
  EXPECT_EQ(count_lines(read_text(folder / "out/objects.csv")), objects + 1);
  const auto areas = labels.flatten().bincount().slice(0, 1);
  EXPECT_GT(areas.min().item<int64_t>(), 0);  // numbered without gaps
  // Every tile but the outermost shows the same, wherever bands meet.
  const auto found =
      (labels > 0).to(torch::kInt32).view({down, tile.size(0), across, tile.size(1)}).sum({1, 3});
  const auto inner = found.slice(0, 1, down - 1).slice(1, 1, across - 1);
  EXPECT_LE(inner.max().item<int64_t>() - inner.min().item<int64_t>(), tile.numel() / 50);
  EXPECT_EQ(std::max(read_image(folder / "out/overlays/large.png").pixels.size(1),
                     read_image(folder / "out/overlays/large.png").pixels.size(2)),
            2000);
}

}  // namespace
}  // namespace priorseg::test
