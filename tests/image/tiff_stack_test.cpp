#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <fstream>

#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_tiff.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace test;

class TiffPlanes : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_ / name; }

  /// A file of pages that hold their number times 100, plus the column.
  fs::path write_pages(const std::string& name, int pages, const std::string& description = "",
                       Layout layout = {}) const {
    layout.description = description;
    TIFF* tiff = TIFFOpen(at(name).c_str(), "w");
    for (int page = 0; page < pages; ++page) {
      write_page<uint16_t>(tiff, layout, [page](uint32_t x, uint32_t, int c) {
        return static_cast<uint16_t>(100 * page + 10000 * c + static_cast<int>(x));
      });
      TIFFWriteDirectory(tiff);
      layout.description.clear();
    }
    TIFFClose(tiff);
    return at(name);
  }

  /// The first pixel of each picture: which pages were taken.
  static std::vector<float> first_pixels(const fs::path& path, const PlaneChoice& choice = {}) {
    ImageReader reader(ImageInput(path).with_planes(choice));
    std::vector<float> values;
    for (int64_t i = 0; i < reader.num_pictures(); ++i) {
      reader.go_to(i);
      values.push_back(reader.read_rows(3, 4)[0][0][0].item<float>());
    }
    return values;
  }

  TemporaryFolder folder_;
};

PlaneChoice choice_of(const std::string& channel, Projection project = Projection::kAuto) {
  PlaneChoice choice;
  choice.channel = channel;
  choice.project = project;
  return choice;
}

TEST_F(TiffPlanes, OfPagesOfWhichNothingSaysWhatTheyAreAreEachAPicture) {
  const auto path = write_pages("pages.tif", 3);
  EXPECT_THAT(first_pixels(path), ElementsAre(0, 100, 200));
  EXPECT_THAT(ImageReader(path).remarks(), Contains(HasSubstr("--axes ZYX")));
  PlaneChoice choice;
  choice.axes = "CYX";
  choice.channel = "3";
  EXPECT_THAT(first_pixels(path, choice), ElementsAre(200));
  choice = {};
  choice.axes = "ZYX";
  choice.project = Projection::kMax;
  EXPECT_THAT(first_pixels(path, choice), ElementsAre(200));
  choice.project = Projection::kMean;
  EXPECT_THAT(first_pixels(path, choice), ElementsAre(100));
  choice.axes = "T2YX";
  EXPECT_THAT(error_message([&] { first_pixels(path, choice); }),
              testing::AllOf(HasSubstr("pages.tif"), HasSubstr("holds 3 planes")));
}

TEST_F(TiffPlanes, OfImageJAreByItsDescription) {
  const auto path =
      write_pages("ij.tif", 12, "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\n");
  EXPECT_THAT(first_pixels(path, choice_of("2", Projection::kNone)),
              ElementsAre(100, 300, 500, 700, 900, 1100));
  EXPECT_THAT(first_pixels(path, choice_of("1", Projection::kMax)), ElementsAre(400, 1000));
  EXPECT_EQ(ImageReader(path).structure().text(), "2 frames, 3 slices and 2 channels");
  // A description of what the file was before does not count.
  const auto cropped = write_pages("cropped.tif", 2, "ImageJ=1.53t\nimages=12\nslices=12\n");
  EXPECT_THAT(first_pixels(cropped), ElementsAre(0, 100));
  EXPECT_THAT(ImageReader(cropped).remarks(), Contains(HasSubstr("speaks of 12 planes")));
}

TEST_F(TiffPlanes, OfImageJMayHaveOnePageForAll) {
  const auto path = write_pages("big.tif", 1, "ImageJ=1.53t\nimages=3\nframes=3\n");
  Layout layout;
  std::vector<uint16_t> planes(2 * layout.width * layout.height);
  for (size_t i = 0; i < planes.size(); ++i) planes[i] = i < planes.size() / 2 ? 500 : 600;
  // Its pixels have to be the last thing in the file for this: the tags were written behind them.
  layout.description = "ImageJ=1.53t\nimages=3\nframes=3\n";
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  TIFF* tiff = TIFFOpen(path.c_str(), "r");
  const uint64_t start = TIFFGetStrileOffset(tiff, 0), plane = 2ull * layout.width * layout.height;
  TIFFClose(tiff);
  ASSERT_LE(start + plane, bytes.size());
  // The page again behind a header that leads to it, then its planes one after the other.
  const std::string first = bytes.substr(start, plane);
  std::string whole = bytes + std::string(1024, '\0');
  const uint64_t moved = whole.size();
  whole += first + std::string(reinterpret_cast<const char*>(planes.data()), 2 * plane);
  std::ofstream(path, std::ios::binary) << whole;
  tiff = TIFFOpen(path.c_str(), "r+");
  ASSERT_NE(tiff, nullptr);
  TIFFClose(tiff);
  // One strip that begins where the planes lie.
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  uint32_t directory = 0;
  file.seekg(4);
  file.read(reinterpret_cast<char*>(&directory), 4);
  uint16_t count = 0;
  file.seekg(directory);
  file.read(reinterpret_cast<char*>(&count), 2);
  for (uint16_t i = 0; i < count; ++i) {
    uint16_t head[2];
    uint32_t tail[2];
    const auto place = static_cast<std::streamoff>(directory + 2 + 12 * i);
    file.seekg(place);
    file.read(reinterpret_cast<char*>(head), 4);
    file.read(reinterpret_cast<char*>(tail), 8);
    const auto put = [&](uint16_t type, uint32_t value) {
      head[1] = type;
      tail[0] = 1;
      tail[1] = value;
      file.seekp(place);
      file.write(reinterpret_cast<const char*>(head), 4);
      file.write(reinterpret_cast<const char*>(tail), 8);
    };
    if (head[0] == TIFFTAG_STRIPOFFSETS) put(TIFF_LONG, static_cast<uint32_t>(moved));
    if (head[0] == TIFFTAG_STRIPBYTECOUNTS) put(TIFF_LONG, static_cast<uint32_t>(plane));
    if (head[0] == TIFFTAG_ROWSPERSTRIP) put(TIFF_LONG, layout.height);
  }
  file.close();
  EXPECT_THAT(first_pixels(path), ElementsAre(0, 500, 600));
}

TEST_F(TiffPlanes, OfOmeXmlAreWhereItSays) {
  const std::string text =
      "<?xml version=\"1.0\"?><OME><Image><Pixels SizeX=\"37\" SizeY=\"21\" SizeZ=\"1\" SizeT=\"2\" "
      "SizeC=\"2\" "
      "DimensionOrder=\"XYTZC\" PhysicalSizeX=\"0.5\" PhysicalSizeY=\"0.5\"><Channel Name=\"GFP\" "
      "SamplesPerPixel=\"1\"/><Channel Name=\"DAPI\" "
      "SamplesPerPixel=\"1\"/><TiffData/></Pixels></Image></OME>";
  const auto path = write_pages("a.ome.tif", 4, text);
  EXPECT_THAT(first_pixels(path, choice_of("DAPI")), ElementsAre(200, 300));
  ImageReader reader(path);
  EXPECT_DOUBLE_EQ(reader.info().pixel_size.um_per_pixel_x(), 0.5);
  EXPECT_THAT(reader.remarks(), Contains(HasSubstr("2 channels (GFP, DAPI)")));
  // Its text is one of another size: nobody believes it.
  Layout other;
  other.width = 36;
  const auto resized = write_pages("b.ome.tif", 1, text, other);
  EXPECT_THAT(ImageReader(resized).remarks(), Contains(HasSubstr("37 x 21 px")));
}

TEST_F(TiffPlanes, OfASetOfFilesAreFoundInAllOfThem) {
  const std::string text =
      "<OME><Image><Pixels SizeX=\"37\" SizeY=\"21\" SizeT=\"2\" DimensionOrder=\"XYZCT\">"
      "<TiffData FirstT=\"0\" IFD=\"0\"><UUID FileName=\"t0.ome.tif\">1</UUID></TiffData>"
      "<TiffData FirstT=\"1\" IFD=\"1\"><UUID "
      "FileName=\"t1.ome.tif\">2</UUID></TiffData></Pixels></Image></OME>";
  const auto first = write_pages("t0.ome.tif", 1, text);
  EXPECT_THAT(ImageReader(first).remarks(), Contains(HasSubstr("1 of the 2 planes")));  // a file is missing
  write_pages("t1.ome.tif", 2, text);
  EXPECT_THAT(first_pixels(first), ElementsAre(0, 100));
}

TEST_F(TiffPlanes, AreNoThumbnailsAndSmallerPages) {
  for (const bool is_marked : {true, false}) {
    Layout small;
    small.width = 9;
    small.height = 5;
    TIFF* tiff = TIFFOpen(at("thumb.tif").c_str(), "w");
    if (is_marked) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    write_page<uint16_t>(tiff, small, [](uint32_t, uint32_t, int) { return uint16_t{7}; });
    TIFFWriteDirectory(tiff);
    write_page<uint16_t>(tiff, {}, [](uint32_t, uint32_t, int) { return uint16_t{8}; });
    TIFFClose(tiff);
    ImageReader reader(at("thumb.tif"));
    EXPECT_EQ(reader.info().width, 37);
    EXPECT_EQ(reader.num_pictures(), 1);
    EXPECT_EQ(reader.read().pixels.max().item<float>(), 8);
    if (is_marked)
      EXPECT_THAT(reader.remarks(), IsEmpty());
    else
      EXPECT_THAT(reader.remarks(), Contains(HasSubstr("1 page of 9 x 5 px, is left out")));
  }
}

TEST_F(TiffPlanes, AreNotTheLevelsOfAPyramid) {
  TIFF* tiff = TIFFOpen(at("pyramid.tif").c_str(), "w");
  const toff_t none[1] = {0};
  TIFFSetField(tiff, TIFFTAG_SUBIFD, 1, none);
  write_page<uint16_t>(tiff, {}, [](uint32_t, uint32_t, int) { return uint16_t{8}; });
  TIFFWriteDirectory(tiff);
  Layout half;
  half.width = 18;
  half.height = 10;
  TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
  write_page<uint16_t>(tiff, half, [](uint32_t, uint32_t, int) { return uint16_t{9}; });
  TIFFWriteDirectory(tiff);
  TIFFClose(tiff);
  ImageReader reader(at("pyramid.tif"));
  EXPECT_EQ(reader.info().width, 37);
  EXPECT_THAT(reader.remarks(), IsEmpty());
}

TEST_F(TiffPlanes, SamplesThatAreNoColoursAreChannels) {
  for (const uint16_t samples : {2, 3, 5}) {
    Layout layout;
    layout.samples = samples;
    const auto path = write_pages("samples.tif", 1, "", layout);
    ImageReader reader(path);
    EXPECT_EQ(reader.structure().channels, samples);
    EXPECT_EQ(reader.info().channels, 1);
    EXPECT_THAT(reader.remarks(), Contains(HasSubstr("taken: channel 1")));
    EXPECT_THAT(first_pixels(path, choice_of("2")), ElementsAre(10000));
  }
  Layout colours;
  colours.samples = 3;
  colours.photometric = PHOTOMETRIC_RGB;
  const auto path = write_pages("colours.tif", 1, "", colours);
  EXPECT_EQ(ImageReader(path).info().channels, 3);
  EXPECT_THAT(ImageReader(path).remarks(), IsEmpty());
  EXPECT_THAT(first_pixels(path, choice_of("3")), ElementsAre(20000));
  colours.planar = PLANARCONFIG_SEPARATE;
  EXPECT_THAT(ImageReader(write_pages("planar.tif", 1, "", colours)).remarks(),
              ElementsAre(HasSubstr("taken for red, green and blue")));
  PlaneChoice as_slices;  // what a writer took for colours
  as_slices.axes = "ZYX";
  as_slices.project = Projection::kNone;
  EXPECT_THAT(first_pixels(path, as_slices), ElementsAre(0, 10000, 20000));
  PlaneChoice as_channels;
  as_channels.axes = "YXC";
  EXPECT_EQ(ImageReader(ImageInput(path).with_planes(as_channels)).structure().channels, 3);
}

TEST_F(TiffPlanes, TheSliceInBestFocusIsFoundAlsoInBands) {
  const SampleAt<uint16_t> flat = [](uint32_t, uint32_t, int) { return uint16_t{500}; };
  const SampleAt<uint16_t> sharp = [](uint32_t x, uint32_t, int) {
    return static_cast<uint16_t>(x / 6 % 2 == 0 ? 300 : 700);
  };
  Layout layout;
  layout.description = "ImageJ=1.53t\nimages=3\nslices=3\n";
  TIFF* tiff = TIFFOpen(at("focus.tif").c_str(), "w");
  for (int page = 0; page < 3; ++page) {
    write_page<uint16_t>(tiff, layout, page == 1 ? sharp : flat);
    TIFFWriteDirectory(tiff);
    layout.description.clear();
  }
  TIFFClose(tiff);
  ImageReader reader(at("focus.tif"));
  EXPECT_EQ(reader.read_rows(20, 21)[0][0][0].item<float>(), 300);
  EXPECT_EQ(reader.stack_shape().pages(), 1);
}

TEST_F(TiffPlanes, OfAChainThatBreaksOffAreToldOf) {
  const auto path = write_pages("broken.tif", 3);
  TIFF* tiff = TIFFOpen(path.c_str(), "r");
  TIFFSetDirectory(tiff, 2);
  const auto last = TIFFCurrentDirOffset(tiff);
  TIFFClose(tiff);
  fs::resize_file(path, last + 4);
  EXPECT_THAT(ImageReader(path).remarks(), Contains(HasSubstr("cannot be read")));
}

}  // namespace
}  // namespace priorseg
