#include "priorseg/image/ome_zarr_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_zarr.h"

namespace priorseg {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace test;

class OmeZarr : public testing::Test {
 protected:
  OmeZarr() { write_ome_zarr(store_); }

  ImageReader reader(const PlaneChoice& choice = {}) const {
    return ImageReader(ImageInput(store_).with_planes(choice));
  }
  static PlaneChoice second_channel() {
    PlaneChoice choice;
    choice.channel = "DAPI";
    choice.project = Projection::kNone;
    return choice;
  }

  TemporaryFolder folder_;
  std::filesystem::path store_ = folder_ / "cells.ome.zarr";
};

TEST_F(OmeZarr, TellsAxesChannelsAndPixelSize) {
  const auto image = reader();
  EXPECT_EQ(image.structure().text(), "3 slices and 2 channels (GFP, DAPI)");
  EXPECT_EQ(image.structure().source, "its OME-Zarr metadata");
  EXPECT_EQ(image.info().height, 40);
  EXPECT_EQ(image.info().width, 50);
  EXPECT_EQ(image.info().bit_depth, 16);
  EXPECT_NEAR(image.info().pixel_size.um_per_pixel_y(), 0.5, 1e-9);
  EXPECT_NEAR(image.info().pixel_size.um_per_pixel_x(), 0.25, 1e-9);
  EXPECT_THAT(image.structure().remarks, IsEmpty());
}

TEST_F(OmeZarr, ReadsEachPlaneToThePixel) {
  auto image = reader(second_channel());
  ASSERT_EQ(image.num_pictures(), 3);
  for (int64_t slice = 0; slice < 3; ++slice) {
    image.go_to(slice);
    const auto rows = image.read_rows(10, 30);
    for (int64_t y = 0; y < 20; ++y)
      for (int64_t x = 0; x < 50; ++x)
        ASSERT_EQ(rows[0][y][x].item<float>(), value_at({1, slice, 10 + y, x}));
  }
}

TEST_F(OmeZarr, ALevelIsChosenByNumberOrPixelSize) {
  auto choice = second_channel();
  for (const char* level : {"1", "1um", "0.6um"}) {
    choice.level = level;
    auto image = reader(choice);
    EXPECT_EQ(image.info().width, 25) << level;
    EXPECT_NEAR(image.info().pixel_size.um_per_pixel_x(), 0.5, 1e-9);
    EXPECT_EQ(image.info().place.x_scale, 2);
    EXPECT_EQ(image.read().pixels[0][3][4].item<float>(), value_at({1, 0, 3, 4}));
  }
  choice.level = "0.3um";
  EXPECT_EQ(reader(choice).info().width, 50);
  choice.level = "2";
  EXPECT_THAT(error_message([&] { reader(choice); }),
              HasSubstr("level 2 is asked for, but there are levels 0 to 1"));
}

TEST_F(OmeZarr, ARegionIsInPixelsOfTheFullPicture) {
  auto choice = second_channel();
  choice.region = "10,20,30,12";
  auto image = reader(choice);
  EXPECT_EQ(image.info().height, 12);
  EXPECT_EQ(image.info().width, 30);
  EXPECT_EQ(image.info().place.x, 10);
  EXPECT_EQ(image.read_rows(2, 3)[0][0][4].item<float>(), value_at({1, 0, 22, 14}));
  choice.level = "1";
  auto smaller = reader(choice);
  EXPECT_EQ(smaller.info().height, 6);
  EXPECT_EQ(smaller.info().place.y, 20);
  EXPECT_EQ(smaller.read_rows(0, 1)[0][0][0].item<float>(), value_at({1, 0, 10, 5}));
  choice.region = "50,0,10,10";
  EXPECT_THAT(error_message([&] { reader(choice); }), HasSubstr("outside the picture of 50 x 40 pixels"));
}

TEST_F(OmeZarr, AMaskSaysWhereToLook) {
  auto mask = torch::zeros({20, 25}, torch::kInt32);
  mask.slice(0, 5, 20).slice(1, 0, 10).fill_(1);
  write_label_map(folder_ / "mask.tif", mask);
  auto choice = second_channel();
  choice.mask = folder_ / "mask.tif";
  choice.region = "4,6,40,30";
  auto image = reader(choice);
  const auto seen = torch::isnan(image.read().pixels[0]).logical_not();
  EXPECT_TRUE(seen.slice(0, 4).slice(1, 0, 16).all().item<bool>());
  EXPECT_EQ(seen.sum().item<int64_t>(), 26 * 16);
  choice.region = "30,6,10,10";
  EXPECT_THAT(reader(choice).remarks(), Contains(HasSubstr("nothing is looked at")));
}

TEST_F(OmeZarr, AxesMayBeSaid) {
  PlaneChoice choice;
  choice.axes = "TCYX";
  EXPECT_EQ(reader(choice).structure().text(), "2 frames and 3 channels");
  choice.axes = "TSYX";
  auto image = reader(choice);
  EXPECT_TRUE(image.structure().colour);
  EXPECT_EQ(image.read().pixels.size(0), 3);
  EXPECT_EQ(image.read().pixels[2][1][1].item<float>(), value_at({0, 2, 1, 1}));
  choice.axes = "CYX";
  EXPECT_THAT(error_message([&] { reader(choice); }),
              HasSubstr("its axes are CYX, but its array has 4 dimensions"));
}

/// A picture of three channels as bioformats2raw writes it.
void write_three_channels(const std::filesystem::path& store, const std::string& dtype,
                          const std::string& first_name) {
  write_file(store / ".zattrs", R"({"multiscales":[{"version":"0.4","axes":[{"name":"t","type":"time"},
    {"name":"c","type":"channel"},{"name":"z","type":"space"},{"name":"y","type":"space"},
    {"name":"x","type":"space"}],"datasets":[{"path":"0"}]}],"omero":{"channels":[{"label":")" +
                                    first_name +
                                    R"(","color":"FF0000"},{"label":"Channel 1","color":"00FF00"},
    {"label":"Channel 2","color":"0000FF"}],"rdefs":{"model":"color"}}})");
  write_zarr2(store / "0", {1, 3, 1, 6, 7}, {1, 1, 1, 6, 7}, dtype);
}

TEST_F(OmeZarr, ThreeChannelsOfAColourPictureAreItsColours) {
  const auto store = folder_ / "colours.zarr";
  write_three_channels(store, "|u1", "Channel 0");
  const ImageReader image{ImageInput(store)};
  EXPECT_TRUE(image.structure().colour);
  EXPECT_EQ(image.info().channels, 3);
  EXPECT_EQ(image.structure().channels, 1);
  EXPECT_THAT(image.remarks(), Contains(HasSubstr("where they are channels, say --axes TCZYX")));
  PlaneChoice choice;
  choice.axes = "TCZYX";
  const ImageReader said(ImageInput(store).with_planes(choice));
  EXPECT_FALSE(said.structure().colour);
  EXPECT_EQ(said.structure().channels, 3);
}

TEST_F(OmeZarr, ThreeStainsShownInRedGreenAndBlueStayChannels) {
  for (const auto& [dtype, name] : {std::pair{"|u1", "Cy5"}, std::pair{"<u2", "Channel 0"}}) {
    const auto store = folder_ / name;
    write_three_channels(store, dtype, name);
    const ImageReader image{ImageInput(store)};
    EXPECT_EQ(image.structure().channels, 3) << dtype;
    EXPECT_FALSE(image.structure().colour);
    EXPECT_THAT(image.remarks(), Contains(HasSubstr("say --axes TSZYX")));
  }
}

TEST_F(OmeZarr, AnArrayAloneNeedsAxes) {
  EXPECT_THAT(error_message([&] { ImageReader(ImageInput(store_ / "0")); }),
              HasSubstr("name them with --axes"));
  PlaneChoice choice;
  choice.axes = "CZYX";
  EXPECT_EQ(ImageReader(ImageInput(store_ / "0").with_planes(choice)).structure().slices, 3);
}

TEST_F(OmeZarr, IncompleteAndForeignStoresAreNamed) {
  std::filesystem::remove_all(store_ / "0" / "0");
  EXPECT_THAT(reader().remarks(), Contains(HasSubstr("none of the chunks of its first plane is there")));
  std::filesystem::remove_all(store_ / "0");
  EXPECT_THAT(error_message([&] { reader(); }), HasSubstr("cells.ome.zarr: its array 0 is not there"));
  write_file(folder_ / "g.zarr/.zgroup", R"({"zarr_format":2})");
  EXPECT_THAT(error_message([&] { ImageReader(ImageInput(folder_ / "g.zarr")); }),
              HasSubstr("a Zarr group without an image"));
  write_file(store_ / ".zattrs", R"({"multiscales":[{"axes":[{"name":"q"}],"datasets":[{"path":"1"}]}]})");
  EXPECT_THAT(error_message([&] { reader(); }), HasSubstr("its axis 'q' is not known"));
}

TEST_F(OmeZarr, OfAStoreWithSeveralImagesTheFirstIsTakenAndTold) {
  std::filesystem::create_directories(folder_ / "all.zarr");
  write_file(folder_ / "all.zarr/.zattrs", R"({"bioformats2raw.layout":3})");
  std::filesystem::copy(store_, folder_ / "all.zarr/0", std::filesystem::copy_options::recursive);
  std::filesystem::copy(store_, folder_ / "all.zarr/1", std::filesystem::copy_options::recursive);
  ImageReader image(ImageInput(folder_ / "all.zarr"));
  EXPECT_EQ(image.structure().slices, 3);
  EXPECT_THAT(image.remarks(), Contains(HasSubstr("several images, of which the first is taken")));
}

TEST_F(OmeZarr, APlateStandsForItsFields) {
  write_file(folder_ / "p.zarr/.zattrs", R"({"plate":{"wells":[{"path":"A/1"},{"path":"B/2"}]}})");
  for (const char* well : {"A/1", "B/2"})
    write_file(folder_ / "p.zarr" / well / ".zattrs", R"({"well":{"images":[{"path":"0"},{"path":"1"}]}})");
  const auto plate = folder_ / "p.zarr";
  EXPECT_THAT(images_of_zarr(plate),
              ElementsAre(plate / "A/1/0", plate / "A/1/1", plate / "B/2/0", plate / "B/2/1"));
  EXPECT_THAT(images_of_zarr(store_), ElementsAre(store_));
}

TEST_F(OmeZarr, LabelsAreReadAsLabels) {
  write_zarr2(folder_ / "l.zarr", {4, 5}, {4, 5});
  EXPECT_EQ(read_label_map(folder_ / "l.zarr")[2][3].item<int32_t>(), value_at({2, 3}));
  EXPECT_THAT(error_message([&] { read_label_map(store_); }), HasSubstr("a label map has one channel"));
}

}  // namespace
}  // namespace priorseg
