#include "priorseg/pipeline/segmentation.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "priorseg/core/image_name.h"
#include "priorseg/image/image_file.h"
#include "priorseg/pipeline/prior.h"
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

BatchResult segment(const std::vector<std::filesystem::path>& images, const std::filesystem::path& root,
                    Observer& observer, bool resume = false) {
  FolderPlan plan;
  plan.images = images;
  plan.resume = resume;
  OutputFolder folder(root, plan, observer);
  return segment_images(images, find_square, {}, folder, kReportPictures, observer);
}

TEST(SegmentImages, WritesRowsAndLabelMapsInTheOrderOfTheImages) {
  const TemporaryFolder folder;
  RecordingObserver observer;
  const auto images = SimulatedImages::instance().images();
  const auto batch = segment(images, folder.path(), observer);
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
  const auto batch = segment(images, folder / "out", observer);
  EXPECT_EQ(batch.failures, 1);
  EXPECT_THAT(batch.images[1].failure, HasSubstr("broken.tif"));
  EXPECT_THAT(observer.text(), HasSubstr("broken.tif"));
  EXPECT_TRUE(std::filesystem::exists(folder / "out/labels/sim_002.tif"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out/labels/broken.tif"));
}

TEST(SegmentImages, OfAnImageThatCannotBeWrittenNothingIsLeft) {
  const TemporaryFolder folder;
  const auto images = SimulatedImages::instance().images();
  FolderPlan plan;
  plan.images = images;
  RecordingObserver observer;
  OutputFolder output(folder / "out", plan, observer);
  std::filesystem::create_directories(output.label_map("sim_001"));  // somebody's, meanwhile
  const auto batch = segment_images(images, find_square, {}, output, kReportPictures, observer);
  EXPECT_EQ(batch.failures, 1);
  EXPECT_THAT(observer.text(), HasSubstr("has come there meanwhile"));
  EXPECT_FALSE(std::filesystem::exists(output.overlay("sim_001")));
  EXPECT_THAT(read_text(output.objects()), testing::Not(HasSubstr("sim_001")));
  EXPECT_THAT(read_text(output.objects()), HasSubstr("sim_002"));
}

TEST(SegmentImages, StopsBetweenImagesAndGoesOnWithTheRest) {
  const TemporaryFolder folder;
  const auto images = SimulatedImages::instance().images();
  RecordingObserver* watched = nullptr;
  RecordingObserver stopping([&](int64_t) { return !watched->reports.empty(); });
  watched = &stopping;
  at::set_num_threads(1);
  EXPECT_THROW(segment(images, folder.path(), stopping), Stopped);
  EXPECT_TRUE(std::filesystem::exists(folder / "labels/sim_000.tif"));
  EXPECT_FALSE(std::filesystem::exists(folder / "labels/sim_002.tif"));
  RecordingObserver observer;
  const auto batch = segment(images, folder.path(), observer, true);
  EXPECT_EQ(observer.reports.size(), 2u);  // so many are worked on
  EXPECT_EQ(batch.images.size(), 3u);      // and all are told of
  EXPECT_THAT(observer.text(), HasSubstr("1 images were finished before"));
  EXPECT_EQ(count_lines(read_text(folder / "objects.csv")), 4);
}

TEST(SegmentImage, InMemoryFindsWhatIsWrittenOfItsFile) {
  const Settings settings = tiny_settings();
  const Detector detector(settings.detector, make_synthetic_prior(settings, nobody()), 1);
  const auto images = SimulatedImages::instance().images();
  const TemporaryFolder root;
  FolderPlan plan;
  plan.images = images;
  OutputFolder folder(root.path(), plan);
  segment_images(images, detector, settings.detector.inference, folder, 0, nobody());
  int64_t objects = 0;
  for (const auto& image : images) {
    const auto found = segment_image(read_image(image), detector, settings.detector.inference, nobody());
    EXPECT_TRUE(found.labels.equal(read_label_map(folder.label_map(image_stem(image))))) << image;
    EXPECT_EQ(std::ssize(found.objects), found.labels.max().item<int32_t>());
    objects += std::ssize(found.objects);
  }
  EXPECT_EQ(count_lines(read_text(folder.objects())), objects + 1);
  EXPECT_GT(objects, 0);
}

/// Half of the image is padding; what stands out is not found.
void find_next_to_nothing(const ImageSource& image, const TakeFound& give) {
  find_square(image, [&](FoundRows piece) {
    piece.artefacts = torch::zeros({image.height, image.width}, torch::kUInt8);
    piece.artefacts.slice(0, 0, image.height / 2).fill_(static_cast<int>(ArtefactKind::kPadding));
    piece.standing_out = image.height * image.width / 2;
    piece.explained = 0;
    give(piece);
  });
}

TEST(SegmentImages, TellsWhatWasLeftOutAndWhatIsUnexplained) {
  const TemporaryFolder root;
  RecordingObserver observer;
  FolderPlan plan;
  plan.images = SimulatedImages::instance().images();
  OutputFolder folder(root.path(), plan, observer);
  const auto batch = segment_images(plan.images, find_next_to_nothing, {}, folder, kReportPictures, observer);
  ASSERT_EQ(batch.images.size(), 3u);
  EXPECT_EQ(batch.images[0].left_out, "50 % padding");
  EXPECT_TRUE(batch.images[0].evidence.is_unexplained);
  EXPECT_FALSE(batch.images[0].evidence.looks_opposite);
  EXPECT_EQ(batch.images_with_artefacts, 3);
  EXPECT_THAT(observer.text(), HasSubstr("left out of 3 of 3 images"));
}

}  // namespace
}  // namespace priorseg::test
