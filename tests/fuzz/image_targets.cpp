// Image files.
#include <torch/types.h>

#include <opencv2/imgcodecs.hpp>

#include "fuzz_target.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "support/test_tiff.h"

namespace priorseg::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostPixels = 1 << 20;  // read; what a header claims may be more
constexpr int64_t kMostPictures = 3;

/// As a job does: picture after picture, some rows at a time.
void read_in_pieces(const fs::path& file, const PlaneChoice& planes = {}) {
  ImageReader reader(ImageInput(file).with_planes(planes));
  reader.remarks();
  const int64_t width = reader.info().width, height = reader.info().height;
  if (width > kMostPixels) return;
  for (int64_t picture = 0; picture < std::min(kMostPictures, reader.num_pictures()); ++picture) {
    reader.go_to(picture);
    const int64_t rows = std::clamp<int64_t>(kMostPixels / width, 1, height);
    reader.read_rows(0, rows);
    reader.read_rows(height - 1, height);
    if (reader.channel_names().size() < 8) reader.read_rows_of_channels(0, 1);
  }
}

void read_tiff(const std::string& bytes) { read_in_pieces(as_file("image.tif", bytes)); }

/// The first byte says what the user does.
void read_chosen_planes(const std::string& bytes) {
  if (bytes.empty()) return;
  PlaneChoice choice;
  switch (bytes[0] & 7) {
    case 0:
      choice.axes = "ZYX";
      break;
    case 1:
      choice.axes = "C2TYX";
      break;
    case 2:
      choice.level = "1";
      break;
    case 3:
      choice.level = "2um";
      break;
    case 4:
      choice.project = Projection::kMax;
      break;
    case 5:
      choice.project = Projection::kNone;
      break;
    case 6:
      choice.channel = "2";
      break;
    default:
      choice.region = "1,1,3,2";
      break;
  }
  read_in_pieces(as_file("planes.tif", bytes.substr(1)), choice);
}

void read_picture_file(const std::string& bytes) { read_image(as_file("image.png", bytes)); }

/// Whole maps are made: no more than the program itself would make.
void read_labels(const std::string& bytes) {
  const fs::path file = as_file("labels.tif", bytes);
  {
    const ImageReader reader{ImageInput(file)};
    if (reader.info().width * reader.info().height > kMostPixels) return;
    if (reader.stack_shape().pages() > 64) return;
  }
  read_label_maps(file);
}

template <class Sample>
std::string tiff(const test::Layout& layout, int pages = 1) {
  return bytes_written("a.tif", [&](const fs::path& file) {
    TIFF* handle = TIFFOpen(file.c_str(), layout.mode);
    for (int page = 0; page < pages; ++page) {
      test::write_page<Sample>(handle, layout, [&](uint32_t x, uint32_t y, int c) {
        return static_cast<Sample>(x / 4 + 3 * (y / 4) + static_cast<uint32_t>(c + page));
      });
      TIFFWriteDirectory(handle);
    }
    TIFFClose(handle);
  });
}

std::vector<std::string> tiff_seeds() {
  std::vector<std::string> seeds;
  test::Layout small;
  small.width = 20, small.height = 18;
  for (const bool tiled : {false, true})
    for (const uint16_t compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                       COMPRESSION_PACKBITS, COMPRESSION_ZSTD}) {
      auto layout = small;
      layout.tiled = tiled, layout.compression = static_cast<uint16_t>(compression);
      seeds.push_back(tiff<uint16_t>(layout));
    }
  auto layout = small;
  layout.samples = 3, layout.photometric = PHOTOMETRIC_RGB;
  seeds.push_back(tiff<uint8_t>(layout));
  layout.planar = PLANARCONFIG_SEPARATE;
  seeds.push_back(tiff<uint8_t>(layout));
  layout = small, layout.format = SAMPLEFORMAT_IEEEFP;
  seeds.push_back(tiff<float>(layout));
  layout = small, layout.mode = "w8";
  seeds.push_back(tiff<uint16_t>(layout));
  layout = small, layout.mode = "wb";
  seeds.push_back(tiff<uint32_t>(layout));
  layout = small, layout.photometric = PHOTOMETRIC_PALETTE, layout.palette.assign(3 * 256, 77);
  seeds.push_back(tiff<uint8_t>(layout));
  layout = small, layout.description = "ImageJ=1.53t\nimages=6\nchannels=2\nslices=3\nhyperstack=true\n";
  seeds.push_back(tiff<uint8_t>(layout, 6));
  layout.description = "{\"shape\": [3, 18, 20], \"axes\": \"ZYX\"}";
  seeds.push_back(tiff<uint8_t>(layout, 3));
  layout.description =
      "<?xml version=\"1.0\"?><OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeX=\"20\" SizeY=\"18\" "
      "SizeZ=\"2\" "
      "SizeC=\"1\" SizeT=\"1\" Type=\"uint8\" PhysicalSizeX=\"0.5\"><TiffData/></Pixels></Image></OME>";
  seeds.push_back(tiff<uint8_t>(layout, 2));
  return seeds;
}

std::vector<std::string> chosen_seeds() {
  std::vector<std::string> seeds;
  char choice = 0;
  for (const auto& seed : tiff_seeds()) seeds.push_back(std::string(1, choice++) + seed);
  return seeds;
}

std::vector<std::string> picture_seeds() {
  std::vector<std::string> seeds;
  for (const char* ending : {".png", ".jpg", ".bmp"})
    for (const int type : {CV_8UC1, CV_8UC3}) {
      cv::Mat picture(9, 11, type, cv::Scalar(10, 90, 200));
      picture.at<uint8_t>(3, 3) = 0;
      std::vector<uint8_t> bytes;
      cv::imencode(ending, picture, bytes);
      seeds.emplace_back(bytes.begin(), bytes.end());
    }
  std::vector<uint8_t> bytes;
  cv::imencode(".png", cv::Mat(7, 5, CV_16UC1, cv::Scalar(700)), bytes);
  seeds.emplace_back(bytes.begin(), bytes.end());
  return seeds;
}

std::vector<std::string> label_seeds() {
  auto labels = torch::zeros({12, 14}, torch::kInt32);
  labels.slice(0, 2, 5).slice(1, 2, 6).fill_(1);
  labels.slice(0, 6, 9).slice(1, 2, 6).fill_(300);
  auto many = labels.clone();
  many[0][0] = 70000;
  const auto written = [](const torch::Tensor& map) {
    return bytes_written("labels.tif", [&](const fs::path& file) { write_label_map(file, map); });
  };
  return {written(labels), written(many),
          bytes_written("labels.png", [&](const fs::path& file) { write_label_png(file, labels); })};
}

}  // namespace

std::vector<FuzzTarget> image_targets() {
  return {{"tiff", read_tiff, tiff_seeds},
          {"tiff_planes", read_chosen_planes, chosen_seeds},
          {"picture", read_picture_file, picture_seeds},
          {"labels", read_labels, label_seeds}};
}

}  // namespace priorseg::fuzz
