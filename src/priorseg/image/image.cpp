#include "priorseg/image/image.h"

#include <torch/types.h>

#include <array>
#include <string_view>
#include <utility>

#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr double kUmPerInch = 25400, kUmPerCentimetre = 10000;

/// The text behind "unit=" in a description of ImageJ.
std::string_view imagej_unit(std::string_view description) {
  constexpr std::string_view kKey = "\nunit=";
  const auto place = description.find(kKey);
  if (!description.starts_with("ImageJ=") || place == std::string_view::npos) return {};
  const auto unit = description.substr(place + kKey.size());
  return unit.substr(0, unit.find_first_of("\r\n"));
}

/// Micrometres of a unit, 0 of an unknown one.
double um_of(std::string_view unit) {
  // ImageJ writes the sign for micro as an escape sequence; others write it in Latin-1 or UTF-8, as the sign
  // or as the Greek letter.
  constexpr std::array<std::pair<std::string_view, double>, 15> kUnits = {{{"micron", 1},
                                                                           {"microns", 1},
                                                                           {"um", 1},
                                                                           {"\\u00B5m", 1},
                                                                           {"\xb5m", 1},
                                                                           {"\xc2\xb5m", 1},
                                                                           {"\xce\xbcm", 1},
                                                                           {"micrometer", 1},
                                                                           {"nm", 1e-3},
                                                                           {"mm", 1e3},
                                                                           {"cm", kUmPerCentimetre},
                                                                           {"m", 1e6},
                                                                           {"inch", kUmPerInch},
                                                                           {"inches", kUmPerInch},
                                                                           {"in", kUmPerInch}}};
  for (const auto& [name, um] : kUnits)
    if (unit == name) return um;
  return 0;
}

double um_per_pixel(const PixelSize& size, double resolution) {
  if (!(resolution > 0)) return 0;
  const auto unit = imagej_unit(size.description);
  if (!unit.empty()) return um_of(unit) / resolution;
  if (size.resolution_unit == 2) return kUmPerInch / resolution;
  if (size.resolution_unit == 3) return kUmPerCentimetre / resolution;
  return 0;
}

}  // namespace

double PixelSize::um_per_pixel_x() const { return um_per_pixel(*this, x_resolution); }
double PixelSize::um_per_pixel_y() const { return um_per_pixel(*this, y_resolution); }

Image::Image(torch::Tensor given, const ImageInfo& like) : ImageInfo(like), pixels(std::move(given)) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  channels = pixels.size(0);
  height = pixels.size(1);
  width = pixels.size(2);
}

Image::Image(torch::Tensor given, double step)
    : Image(std::move(given), [&] {
        ImageInfo info;
        info.bit_depth = step == 0 ? 32 : 16;
        info.quantum = step;
        return info;
      }()) {}

}  // namespace priorseg
