#include "priorseg/image/image_input.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"

namespace priorseg {
namespace {

using testing::HasSubstr;

TEST(ImageInput, InMemoryIsReadLikeItsFile) {
  const test::TemporaryFolder folder;
  const auto pixels = torch::arange(60, torch::kFloat32).view({1, 6, 10});
  write_grey_tiff(folder / "image.tif", pixels[0], 16);
  ImageReader file(folder / "image.tif"), memory(ImageInput(Image(pixels, 1), "pixels"));
  EXPECT_EQ(memory.info().axes(), file.info().axes());
  EXPECT_EQ(memory.info().quantum, file.info().quantum);
  EXPECT_TRUE(memory.read_rows(2, 5).equal(file.read_rows(2, 5)));
  EXPECT_TRUE(memory.read().pixels.equal(file.read().pixels));
}

TEST(ImageInput, SharesThePixelsInMemory) {
  const auto pixels = torch::zeros({1, 6, 10});
  ImageReader reader(ImageInput(Image(pixels, 1), "pixels"));
  EXPECT_EQ(reader.read().pixels.data_ptr(), pixels.data_ptr());
}

TEST(LabelMapInput, InMemoryIsReadLikeItsFile) {
  const test::TemporaryFolder folder;
  const auto labels = torch::arange(60, torch::kInt32).view({6, 10});
  write_label_map(folder / "labels.tif", labels);
  EXPECT_TRUE(LabelMapInput(folder / "labels.tif").read().equal(labels));
  EXPECT_TRUE(LabelMapInput(labels, "labels").read().equal(labels));
}

TEST(LabelMapInput, InMemoryIsToldFromOthersOfItsName) {
  const auto labels = torch::arange(60, torch::kInt32).view({6, 10});
  EXPECT_EQ(LabelMapInput(labels, "labels").identity(), LabelMapInput(labels.clone(), "labels").identity());
  EXPECT_NE(LabelMapInput(labels, "labels").identity(), LabelMapInput(labels + 1, "labels").identity());
  EXPECT_NE(LabelMapInput(labels, "labels").identity(),
            LabelMapInput(labels.view({10, 6}), "labels").identity());
  EXPECT_EQ(LabelMapInput(std::filesystem::path("a.tif")).identity(), "a.tif");
}

TEST(LabelMapInput, RefusesWhatIsNoLabelMap) {
  EXPECT_THAT(test::error_message([] { LabelMapInput(torch::zeros({3}, torch::kInt32), "labels"); }),
              HasSubstr("labels has shape [3]"));
  EXPECT_THAT(test::error_message([] {
                LabelMapInput(torch::zeros({3, 3}), "labels");
              }),
              HasSubstr("expected int32"));
  EXPECT_THAT(test::error_message([] {
                LabelMapInput(torch::full({3, 3}, -1, torch::kInt32), "labels");
              }),
              HasSubstr("negative label"));
}

}  // namespace
}  // namespace priorseg
