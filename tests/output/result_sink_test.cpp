#include "priorseg/output/result_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "priorseg/output/coco.h"
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
  for (const auto form : parse_further_forms("rois,geojson,coco,ctc,cellpose,ome-tiff,ome-zarr,ome-zarr-0.5"))
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

/// Two frames of the picture of the test; labels go on.
void pass_film_through(ResultSink& sink, int64_t rows) {
  PicturePosition position;
  position.file.frames = 2;
  for (position.frame = 1; position.frame <= 2; ++position.frame) {
    sink.begin_picture(position);
    const auto first_labels = labels_of_test();
    const auto labels = first_labels + first_labels.gt(0).to(torch::kInt32) * (2 * (position.frame - 1));
    for (int64_t first = 0; first < kHeight; first += rows) {
      const int64_t last = std::min(kHeight, first + rows);
      sink.add({{first, last},
                torch::zeros({1, last - first, kWidth}),
                labels.slice(0, first, last).to(torch::kInt32),
                2 * (position.frame - 1) + first_labels.slice(0, 0, last).max().item<int64_t>()});
    }
  }
}

std::vector<ObjectMeasurements> objects_of_film() {
  std::vector<ObjectMeasurements> objects;
  for (int64_t frame = 1; frame <= 2; ++frame)
    for (auto object : measure_objects(labels_of_test(), torch::zeros({1, kHeight, kWidth}), {0.5F, 0.25F})) {
      object.label += static_cast<int32_t>(2 * (frame - 1));
      object.frame = frame;
      objects.push_back(object);
    }
  return objects;
}

constexpr StackShape kFilm{2, 1};

TEST_P(SinkInPieces, FilmsAreCocoImagesAFrame) {
  const TemporaryFolder folder;
  const auto sink = make_sink(ResultForm::kCoco, folder / "part", "a.tif", info_of_test(), {}, kFilm);
  pass_film_through(*sink, GetParam());
  sink->finish(objects_of_film());
  join_coco_parts(folder / "coco.json", {folder / "part"}, {});
  const auto json = nlohmann::json::parse(read_text(folder / "coco.json"));
  ASSERT_EQ(json["images"].size(), 2u);
  EXPECT_EQ(json["images"][1]["frame"], 2);
  ASSERT_EQ(json["annotations"].size(), 4u);
  EXPECT_EQ(json["annotations"][2]["image_id"], 2);
  EXPECT_EQ(json["annotations"][2]["label"], 3);
  EXPECT_EQ(json["annotations"][2]["segmentation"], json["annotations"][0]["segmentation"]);
}

TEST_P(SinkInPieces, FilmsHavePlanesInGeoJson) {
  const TemporaryFolder folder;
  const auto sink = make_sink(ResultForm::kGeoJson, folder / "a", "a.tif", info_of_test(), {}, kFilm);
  pass_film_through(*sink, GetParam());
  sink->finish(objects_of_film());
  const auto json = nlohmann::json::parse(read_text(folder / "a"));
  ASSERT_EQ(json["features"].size(), 4u);
  EXPECT_EQ(json["features"][0]["geometry"]["plane"], (nlohmann::json{{"c", -1}, {"z", 0}, {"t", 0}}));
  EXPECT_EQ(json["features"][3]["geometry"]["plane"]["t"], 1);
}

TEST_P(SinkInPieces, FilmsAreAFolderOfMasksAFrame) {
  const TemporaryFolder folder;
  const auto sink = make_sink(ResultForm::kCtc, folder / "a_RES", "a.tif", info_of_test(), {}, kFilm);
  pass_film_through(*sink, GetParam());
  EXPECT_FALSE(fs::exists(folder / "a_RES"));
  sink->finish(objects_of_film());
  EXPECT_THAT(folder.files(), testing::ElementsAre("a_RES/mask000.tif", "a_RES/mask001.tif"));
  EXPECT_TRUE(read_label_map(folder / "a_RES/mask001.tif").equal(labels_of_test()));
}

TEST_P(SinkInPieces, OmeZarrHoldsTheLabelsOfEveryFrame) {
  const TemporaryFolder folder;
  for (const auto form : {ResultForm::kOmeZarr, ResultForm::kOmeZarr05, ResultForm::kOmeTiff}) {
    const auto file = folder / ("a_" + std::string(name_of(form)));
    const auto sink = make_sink(form, file, "a.tif", info_of_test(), {}, kFilm);
    pass_film_through(*sink, GetParam());
    sink->finish(objects_of_film());
    const auto maps = read_label_maps(file);
    ASSERT_EQ(maps.size(), 2u);
    EXPECT_TRUE(maps[0].equal(labels_of_test()));
    EXPECT_EQ(maps[1].max().item<int32_t>(), 4);
    EXPECT_TRUE(maps[1].gt(0).equal(maps[0].gt(0)));
  }
}

TEST(ResultSink, OfARegionOfASmallerLevelGeoJsonIsInPixelsOfTheFullPicture) {
  const TemporaryFolder folder;
  auto info = info_of_test();
  info.place = {100, 50, 4, 4};
  const auto sink = make_sink(ResultForm::kGeoJson, folder / "a", "a.tif", info, {});
  pass_through(*sink, 5);
  sink->finish(measure_objects(labels_of_test(), torch::zeros({1, kHeight, kWidth}), {0.5F, 0.25F}));
  const auto json = nlohmann::json::parse(read_text(folder / "a"));
  const auto ring = json["features"][0]["geometry"]["coordinates"][0];  // columns 2 to 5, rows 1 to 4
  EXPECT_THAT(ring, testing::Contains(nlohmann::json{108, 54}));
  EXPECT_THAT(ring, testing::Contains(nlohmann::json{124, 70}));
}

}  // namespace
}  // namespace priorseg::test
