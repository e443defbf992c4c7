#include "priorseg/image/picture.h"

#include "priorseg/core/error.h"

namespace priorseg {

void fail_reading(const std::filesystem::path& path, const std::string& why) {
  throw Error("cannot read " + path.string() + ": " + why);
}

void fail_damaged(const std::filesystem::path& path) {
  fail_reading(path, "the file is damaged or cut short; copy it again");
}

Picture make_picture(const std::filesystem::path& path, int64_t height, int64_t width, int64_t channels,
                     int bit_depth) {
  constexpr int64_t kMostPixels = int64_t{1} << 30;
  if (width <= 0 || height <= 0) fail_damaged(path);
  if (width > kMostPixels / height)
    fail_reading(path, std::to_string(width) + " x " + std::to_string(height) +
                           " pixels are too many for this format; save the image as TIFF");
  Picture picture{height, width, channels, bit_depth, {}};
  picture.samples.resize(static_cast<size_t>(height * picture.bytes_per_row()));
  return picture;
}

}  // namespace priorseg
