#include "priorseg/image/picture_file.h"

#include <torch/types.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using namespace std::string_view_literals;

constexpr int64_t kMostPixels = int64_t{1} << 30;  // limit of the decoders

/// What the header says, as far as the decoded pixels do not tell it.
struct Header {
  int64_t width = 0, height = 0;
  int grey_bits = 8;        // of a PNG without colours; the decoder stretches 1, 2 and 4 bits to 0..255
  bool grey_alpha = false;  // the decoder makes colours of it
};

[[noreturn]] void fail_cut(const std::filesystem::path& path) {
  fail_reading(path, "the file is damaged or cut short; copy it again");
}

uint32_t big_endian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

uint32_t little_endian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// The checksum of PNG chunks (PNG specification, annex D).
uint32_t crc32(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> entries{};
    for (uint32_t n = 0; n < 256; ++n) {
      uint32_t c = n;
      for (int k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
      entries[n] = c;
    }
    return entries;
  }();
  uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<uint8_t>(byte)) & 0xff] ^ crc >> 8;
  return ~crc;
}

Header read_png_header(const std::filesystem::path& path, std::string_view bytes) {
  Header header;
  for (size_t at = kPngSignature.size();;) {
    if (bytes.size() - at < 12) fail_cut(path);
    const size_t length = big_endian(bytes, at, 4);
    if (length > bytes.size() - at - 12) fail_cut(path);
    if (crc32(bytes.substr(at + 4, length + 4)) != big_endian(bytes, at + 8 + length, 4)) fail_cut(path);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (type == "IHDR" && length == 13) {
      header.width = big_endian(bytes, at + 8, 4);
      header.height = big_endian(bytes, at + 12, 4);
      const int colour_type = bytes[at + 17];
      if (colour_type == 0) header.grey_bits = bytes[at + 16];
      header.grey_alpha = colour_type == 4;
    }
    if (type == "IEND") return header;
    at += length + 12;
  }
}

Header read_jpeg_header(const std::filesystem::path& path, std::string_view bytes) {
  Header header;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (static_cast<uint8_t>(bytes[at]) != 0xff) fail_cut(path);
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    const size_t length = big_endian(bytes, at + 2, 2);
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame && at + 9 <= bytes.size()) {
      header.height = big_endian(bytes, at + 5, 2);
      header.width = big_endian(bytes, at + 7, 2);
    }
    if (marker == 0xda) {  // pixels follow, and after them the end marker
      if (bytes.find("\xff\xd9"sv, at) == std::string_view::npos) fail_cut(path);
      return header;
    }
    at += 2 + length;
  }
  fail_cut(path);
}

Header read_bmp_header(const std::filesystem::path& path, std::string_view bytes) {
  if (bytes.size() < 34 || little_endian(bytes, 14, 4) < 40) fail_cut(path);
  Header header;
  header.width = static_cast<int32_t>(little_endian(bytes, 18, 4));
  header.height = std::abs(static_cast<int64_t>(static_cast<int32_t>(little_endian(bytes, 22, 4))));
  const int64_t row = (header.width * little_endian(bytes, 28, 2) + 31) / 32 * 4;
  const bool run_lengths = little_endian(bytes, 30, 4) == 1 || little_endian(bytes, 30, 4) == 2;
  if (run_lengths) fail_reading(path, "a run-length compressed BMP; save it as TIFF or PNG");
  if (header.width > 0 && header.height > static_cast<int64_t>(bytes.size()) / row) fail_cut(path);
  if (little_endian(bytes, 10, 4) + row * header.height > static_cast<int64_t>(bytes.size())) fail_cut(path);
  return header;
}

Header read_header(const std::filesystem::path& path, std::string_view bytes) {
  const Header header = bytes.starts_with(kPngSignature)    ? read_png_header(path, bytes)
                        : bytes.starts_with(kJpegSignature) ? read_jpeg_header(path, bytes)
                                                            : read_bmp_header(path, bytes);
  if (header.width <= 0 || header.height <= 0) fail_cut(path);
  if (header.width > kMostPixels / header.height)
    fail_reading(path, std::to_string(header.width) + " x " + std::to_string(header.height) +
                           " pixels are too many for this format; save the image as TIFF");
  return header;
}

std::vector<char> read_bytes(const std::filesystem::path& path) {
  constexpr uintmax_t kMostBytes = 2'000'000'000;
  const uintmax_t size = std::filesystem::file_size(path);
  if (size > kMostBytes) fail_reading(path, "a PNG, JPEG or BMP of more than 2 GB; save the image as TIFF");
  std::vector<char> bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size)))
    fail_reading(path, "the file cannot be read to its end");
  return bytes;
}

/// Grey or colour samples of the decoded picture (OpenCV: blue first) as [C,H,W] float32.
torch::Tensor to_channels(const cv::Mat& picture, bool grey_alpha) {
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  const std::vector<int> order = planes.size() < 3 || grey_alpha ? std::vector{0} : std::vector{2, 1, 0};
  torch::Tensor pixels = torch::empty({static_cast<int64_t>(order.size()), picture.rows, picture.cols});
  for (size_t c = 0; c < order.size(); ++c) {
    cv::Mat target(picture.rows, picture.cols, CV_32F, pixels[static_cast<int64_t>(c)].data_ptr<float>());
    planes[order[c]].convertTo(target, CV_32F);
  }
  return pixels;
}

}  // namespace

void fail_reading(const std::filesystem::path& path, const std::string& why) {
  throw Error("cannot read " + path.string() + ": " + why);
}

Image read_picture(const std::filesystem::path& path) {
  const std::vector<char> bytes = read_bytes(path);
  const Header header = read_header(path, {bytes.data(), bytes.size()});
  cv::Mat picture;
  try {
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
    picture = cv::imdecode(encoded, cv::IMREAD_UNCHANGED);
  } catch (const std::exception&) {  // an empty picture is the same failure
    picture.release();
  }
  if (picture.empty()) fail_cut(path);
  if (picture.depth() != CV_8U && picture.depth() != CV_16U)
    fail_reading(path, "an unusual sample type; expected 8 or 16 bits; save the image as TIFF");
  auto pixels = to_channels(picture, header.grey_alpha);
  if (header.grey_bits < 8) pixels /= 255.0 / ((1 << header.grey_bits) - 1);
  ImageInfo info;
  info.bit_depth = picture.depth() == CV_16U ? 16 : 8;
  return {pixels, info};
}

}  // namespace priorseg
