#include "priorseg/output/result_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>

#include "priorseg/output/write_objects.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kHeight = 12, kWidth = 9;

ImageInfo info_of_test() {
  ImageInfo info;
  info.height = kHeight;
  info.width = kWidth;
  return info;
}

torch::Tensor labels_of_test() {
  auto labels = torch::zeros({kHeight, kWidth}, torch::kInt32);
  labels.slice(0, 1, 5).slice(1, 2, 6).fill_(1);
  labels.slice(0, 6, 11).slice(1, 3, 8).fill_(2);
  return labels;
}

/// Gives the image of the test to a sink, `rows` at a time.
void pass_through(ResultSink& sink, int64_t rows) {
  const auto labels = labels_of_test();
  const auto pixels = torch::arange(kHeight * kWidth, torch::kFloat32).view({1, kHeight, kWidth});
  for (int64_t first = 0; first < kHeight; first += rows) {
    const int64_t last = std::min(kHeight, first + rows);
    sink.add({{first, last},
              pixels.slice(1, first, last),
              labels.slice(0, first, last),
              labels.slice(0, 0, last).max().item<int64_t>()});
  }
}

class SinkInPieces : public testing::TestWithParam<int64_t> {};

INSTANTIATE_TEST_SUITE_P(Rows, SinkInPieces, testing::Values(1, 5, kHeight));

TEST_P(SinkInPieces, LabelMapAppearsWhenItIsFinished) {
  const TemporaryFolder folder;
  const fs::path path = folder / "labels/a.tif";
  LabelMapSink sink(info_of_test(), path, {});
  pass_through(sink, GetParam());
  EXPECT_FALSE(fs::exists(path));
  sink.finish({});
  EXPECT_TRUE(read_label_map(path).equal(labels_of_test()));
}

TEST_P(SinkInPieces, OverlayIsThatOfTheWholeImage) {
  const TemporaryFolder folder;
  const fs::path path = folder / "overlays/a.png";
  OverlaySink sink(info_of_test(), path);
  pass_through(sink, GetParam());
  sink.finish({});
  EXPECT_TRUE(fs::exists(path));
  const auto pixels = torch::arange(kHeight * kWidth, torch::kFloat32).view({1, kHeight, kWidth});
  EXPECT_TRUE(sink.overlay().equal(draw_overlay(pixels, labels_of_test())));
  EXPECT_TRUE(sink.draw_image().equal(draw_image(pixels)));
}

/// But for Cellpose's, which has 32 bits where more labels may come.
TEST_P(SinkInPieces, FurtherFormsAreTheSameWhateverThePieces) {
  const TemporaryFolder folder;
  const auto pixels = torch::arange(kHeight * kWidth, torch::kFloat32).view({1, kHeight, kWidth});
  const auto objects = measure_objects(labels_of_test(), pixels, {0.5F, 0.25F});
  for (const auto form : parse_further_forms("rois,geojson,coco,ctc")) {
    const auto whole = make_sink(form, folder / "whole", "a.tif", info_of_test(), {});
    pass_through(*whole, kHeight);
    whole->finish(objects);
    const auto in_pieces = make_sink(form, folder / "pieces", "a.tif", info_of_test(), {});
    pass_through(*in_pieces, GetParam());
    in_pieces->finish(objects);
    EXPECT_EQ(read_text(folder / "pieces"), read_text(folder / "whole")) << name_of(form);
  }
}

TEST(ResultSink, FurtherFormsLeaveNothingWhereTheyAreNotFinished) {
  const TemporaryFolder folder;
  for (const auto form : parse_further_forms("rois,geojson,coco,ctc,cellpose"))
    pass_through(*make_sink(form, folder / "a", "a.tif", info_of_test(), {}), 5);
  EXPECT_TRUE(folder.files().empty());
}

TEST(CtcMaskSink, RefusesMoreObjectsThan16BitsNumber) {
  const TemporaryFolder folder;
  CtcMaskSink sink(info_of_test(), folder / "mask000.tif", {});
  LabelledRows rows{
      {0, 1}, torch::zeros({1, 1, kWidth}), torch::full({1, kWidth}, 65535, torch::kInt32), 65535};
  sink.add(rows);
  rows.rows = {1, 2};
  rows.labels_so_far = 65536;
  EXPECT_THAT(error_message([&] { sink.add(rows); }),
              AllOf(HasSubstr("more than 65535 objects"), HasSubstr("leave ctc out of --save")));
}

TEST(ResultSink, LeavesNothingWhereItIsNotFinished) {
  const TemporaryFolder folder;
  {
    LabelMapSink sink(info_of_test(), folder / "labels/a.tif", {});
    pass_through(sink, 5);
  }
  EXPECT_TRUE(folder.files().empty());
}

}  // namespace
}  // namespace priorseg::test
