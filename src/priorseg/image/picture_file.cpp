#include "priorseg/image/picture_file.h"

#include <torch/types.h>

#include <fstream>
#include <vector>

#include "priorseg/image/bmp_file.h"
#include "priorseg/image/jpeg_file.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/png_file.h"

namespace priorseg {
namespace {

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

/// [C,H,W] float32.
torch::Tensor to_channels(Picture& picture) {
  const std::vector<int64_t> shape{picture.height, picture.width, picture.channels};
  const bool deep = picture.bit_depth == 16;
  torch::Tensor samples =
      torch::from_blob(picture.samples.data(), shape, deep ? torch::kInt16 : torch::kUInt8);
  // LibTorch 1.13 has no unsigned 16 bits.
  if (deep) samples = samples.to(torch::kInt32).bitwise_and(0xffff);
  return torch::empty({picture.channels, picture.height, picture.width}).copy_(samples.permute({2, 0, 1}));
}

}  // namespace

Image read_picture(const std::filesystem::path& path) {
  const std::vector<char> file = read_bytes(path);
  const std::string_view bytes(file.data(), file.size());
  Picture picture = bytes.starts_with(kPngSignature)    ? decode_png(path, bytes)
                    : bytes.starts_with(kJpegSignature) ? decode_jpeg(path, bytes)
                                                        : decode_bmp(path, bytes);
  ImageInfo info;
  info.bit_depth = picture.bit_depth;
  return {to_channels(picture), info};
}

}  // namespace priorseg
