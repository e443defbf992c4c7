#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "priorseg/image/image_input.h"
#include "priorseg/image/intensity_options.h"

namespace priorseg {

/// An image for the screen: 8 bits, in full and halved again and again, of which tiles are cut.
///
/// Grey values between the darkest and the brightest thousandth of the image are spread over 0 to 255, the
/// three channels of a colour picture alike. The image is read once more for these, in bands: of an image of
/// any size no more than a band is held beside the pyramid (1.33 bytes a pixel and channel).
class PicturePyramid {
 public:
  static constexpr int64_t kTileSide = 512;
  using Tint = std::array<uint8_t, 3>;  // red, green, blue
  static constexpr Tint kWhite{255, 255, 255};

  /// @param picture  of a film or stack, from 0.
  /// @param channel  of a colour picture: kAuto shows its colours, others what grey_from_pixels makes of
  /// them.
  /// @throws Error where the file cannot be read or has no such picture.
  PicturePyramid(const ImageInput& image, int64_t picture, ImageChannel channel);

  int64_t height() const { return levels_.front().height; }
  int64_t width() const { return levels_.front().width; }
  int64_t num_bytes() const;
  /// Grey values of the file that are shown as 0 and as 255.
  double darkest() const { return darkest_; }
  double brightest() const { return brightest_; }

  /// Level of full size; level 0 is one pixel (Deep Zoom's numbers).
  int64_t top_level() const;
  /// PNG bytes of a tile.
  /// @param tint  what white becomes where the picture is grey.
  /// @throws Error where there is no such tile.
  std::string tile(int64_t level, int64_t column, int64_t row, const Tint& tint = kWhite) const;
  /// PNG bytes of the whole picture, at most `side` px high and wide.
  std::string thumbnail(int64_t side) const;

 private:
  struct Level {
    int64_t height, width;
    std::vector<uint8_t> samples;  // [height, width, channels_]
  };
  std::string cut(const Level& level, int64_t x0, int64_t y0, int64_t x1, int64_t y1, const Tint& tint) const;
  void add_smaller_levels();

  int64_t channels_ = 1;
  double darkest_ = 0, brightest_ = 0;
  std::vector<Level> levels_;  // each half of the one before
};

}  // namespace priorseg
