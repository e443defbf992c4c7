#include "priorseg/pipeline/segmentation.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "priorseg/image/image_file.h"
#include "support/recording_observer.h"
#include "support/text_file.h"
#include "tiny_run.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;

/// Finds one square in every image.
void find_square(const ImageSource& image, const TakeFound& give) {
  FoundRows piece;
  piece.found.objects = {{10, 12, 8, 8, 64, std::vector<uint8_t>(64, 1)}};
  piece.found.instances.boxes = torch::tensor({{14.0F, 16.0F, 8.0F, 8.0F}});
  piece.found.instances.scores = torch::tensor({0.75F});
  piece.rows = {0, image.height};
  piece.pixels = image.read(0, image.height);
  give(piece);
}

TEST(SegmentImages, WritesRowsAndLabelMapsInTheOrderOfTheImages) {
  const TemporaryFolder folder;
  RecordingObserver observer;
  const auto images = SimulatedImages::instance().images();
  const auto batch = segment_images(images, find_square, {folder.path()}, {}, observer);
  EXPECT_EQ(batch.failures, 0);
  ASSERT_EQ(batch.images.size(), 3u);
  EXPECT_EQ(batch.images[1].name, "sim_001.tif");
  EXPECT_EQ(batch.object_scores, (std::vector<double>{0.75, 0.75, 0.75}));
  EXPECT_EQ(read_label_map(folder / "labels/sim_002.tif").sum().item<int64_t>(), 64);
  const auto table = read_text(folder / "objects.csv");
  EXPECT_EQ(count_lines(table), 4);
  EXPECT_LT(table.find("sim_000"), table.find("sim_001"));
  EXPECT_EQ(observer.reports.back().done, 3);
}

TEST(SegmentImages, GoesOnAfterABrokenImageAndTellsIt) {
  const TemporaryFolder folder;
  write_text(folder / "broken.tif", "no image");
  auto images = SimulatedImages::instance().images();
  images.insert(images.begin() + 1, folder / "broken.tif");
  RecordingObserver observer;
  const auto batch = segment_images(images, find_square, {folder / "out"}, {}, observer);
  EXPECT_EQ(batch.failures, 1);
  EXPECT_THAT(batch.images[1].failure, HasSubstr("broken.tif"));
  EXPECT_THAT(observer.text(), HasSubstr("broken.tif"));
  EXPECT_TRUE(std::filesystem::exists(folder / "out/labels/sim_002.tif"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out/labels/broken.tif"));
}

TEST(SegmentImages, StopsBetweenImagesAndGoesOnWithTheRest) {
  const TemporaryFolder folder;
  const auto images = SimulatedImages::instance().images();
  RecordingObserver* watched = nullptr;
  RecordingObserver stopping([&](int64_t) { return !watched->reports.empty(); });
  watched = &stopping;
  at::set_num_threads(1);
  EXPECT_THROW(segment_images(images, find_square, {folder.path()}, {}, stopping), Stopped);
  EXPECT_TRUE(std::filesystem::exists(folder / "labels/sim_000.tif"));
  EXPECT_FALSE(std::filesystem::exists(folder / "labels/sim_002.tif"));
  BatchOptions resume;
  resume.resume = true;
  RecordingObserver observer;
  const auto batch = segment_images(images, find_square, {folder.path()}, resume, observer);
  EXPECT_EQ(batch.images.size(), 2u);
  EXPECT_THAT(observer.text(), HasSubstr("1 images were finished before"));
  EXPECT_EQ(count_lines(read_text(folder / "objects.csv")), 4);
}

}  // namespace
}  // namespace priorseg::test
