#include "priorseg/image/slide_stack.h"

#include <openslide/openslide.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/image/picture.h"

namespace priorseg {
namespace {

double number_of(const char* text) {
  double value = 0;
  if (text) std::from_chars(text, text + std::char_traits<char>::length(text), value);
  return std::isfinite(value) && value > 0 ? value : 0;
}

/// Micrometres of a pixel that a plain TIFF states by its resolution, which OpenSlide 3.4 only hands on.
double um_of_resolution(const char* resolution, const char* unit) {
  constexpr double kUmPerCentimetre = 10000, kUmPerInch = 25400;
  const double pixels = number_of(resolution);
  const std::string_view name = unit ? unit : "";
  return pixels <= 0            ? 0
         : name == "centimeter" ? kUmPerCentimetre / pixels
         : name == "inch"       ? kUmPerInch / pixels
                                : 0;
}

/// "RRGGBB", else white.
std::array<int, 3> colour_of_background(const char* text) {
  uint32_t value = 0xFFFFFF;
  if (text) std::from_chars(text, text + std::char_traits<char>::length(text), value, 16);
  return {static_cast<int>(value >> 16 & 255), static_cast<int>(value >> 8 & 255),
          static_cast<int>(value & 255)};
}

}  // namespace

bool is_slide(const std::filesystem::path& file) {
  constexpr std::array kEndings = {".svs", ".ndpi", ".mrxs", ".scn", ".vms", ".vmu", ".bif", ".svslide"};
  const std::string ending = lower_extension(file);
  return std::any_of(kEndings.begin(), kEndings.end(), [&](const char* known) { return ending == known; });
}

struct SlideStack::Slide {
  std::filesystem::path file;
  std::unique_ptr<openslide_t, decltype(&openslide_close)> slide{nullptr, &openslide_close};
  int32_t level = 0;
  double downsample = 1;
  int64_t rows_of_tile = 1;
  std::array<int, 3> background{};
  ImageStructure structure;
  ImageInfo info;
  PictureSize full;
  torch::Tensor held;  // [3,N,W] uint8, of held_region
  PixelRegion held_region;

  void check() const {
    if (const char* error = openslide_get_error(slide.get()))
      fail_reading(file, std::string("OpenSlide: ") + error);
  }
  const char* property(const std::string& name) const {
    return openslide_get_property_value(slide.get(), name.c_str());
  }
  void describe(const ImageLevel& wanted);
  torch::Tensor decode(const PixelRegion& region);
  void hold(const PixelRegion& region);
};

void SlideStack::Slide::describe(const ImageLevel& wanted) {
  double um_x = number_of(property(OPENSLIDE_PROPERTY_NAME_MPP_X));
  double um_y = number_of(property(OPENSLIDE_PROPERTY_NAME_MPP_Y));
  if (um_x <= 0) um_x = um_of_resolution(property("tiff.XResolution"), property("tiff.ResolutionUnit"));
  if (um_y <= 0) um_y = um_of_resolution(property("tiff.YResolution"), property("tiff.ResolutionUnit"));
  std::vector<LevelSize> levels;
  for (int32_t i = 0; i < openslide_get_level_count(slide.get()); ++i) {
    LevelSize size;
    openslide_get_level_dimensions(slide.get(), i, &size.width, &size.height);
    size.um_per_pixel = um_x * openslide_get_level_downsample(slide.get(), i);
    levels.push_back(size);
  }
  check();
  level = static_cast<int32_t>(choose_level(levels, wanted));
  const auto& chosen = levels[static_cast<size_t>(level)];
  downsample = openslide_get_level_downsample(slide.get(), level);
  full = {levels.front().height, levels.front().width};
  info.height = chosen.height;
  info.width = chosen.width;
  info.channels = 3;
  const auto tile = number_of(property("openslide.level[" + std::to_string(level) + "].tile-height"));
  constexpr double kMostRows = 1024;
  rows_of_tile = static_cast<int64_t>(std::clamp(tile, 1.0, kMostRows));
  background = colour_of_background(property(OPENSLIDE_PROPERTY_NAME_BACKGROUND_COLOR));
  structure.colour = true;
  structure.source = "OpenSlide";
  if (levels.size() > 1) {
    structure.remarks.push_back("a pyramid of " + std::to_string(levels.size()) + " levels, of which level " +
                                std::to_string(level) + " with " + std::to_string(info.width) + " x " +
                                std::to_string(info.height) + " px is taken (--level)");
  }
  if (um_x <= 0 || um_y <= 0) return;
  constexpr double kUmOfCentimetre = 10000;
  constexpr int kResolutionPerCentimetre = 3;
  info.pixel_size.x_resolution = kUmOfCentimetre / (um_x * downsample);
  info.pixel_size.y_resolution = kUmOfCentimetre / (um_y * downsample);
  info.pixel_size.resolution_unit = kResolutionPerCentimetre;
}

/// Decoded pixels come as ARGB, multiplied with how much the scanner saw there.
torch::Tensor SlideStack::Slide::decode(const PixelRegion& region) {
  std::vector<uint32_t> argb(static_cast<size_t>(region.width * region.height));
  const auto at_full = [&](int64_t place) { return std::llround(static_cast<double>(place) * downsample); };
  openslide_read_region(slide.get(), argb.data(), at_full(region.x), at_full(region.y), level, region.width,
                        region.height);
  check();
  auto pixels = torch::empty({3, region.height, region.width}, torch::kUInt8);
  auto* to = pixels.data_ptr<uint8_t>();
  for (size_t c = 0; c < 3; ++c)
    for (const uint32_t pixel : argb) {
      const auto unseen = 255 - static_cast<int>(pixel >> 24);
      const auto value = static_cast<int>(pixel >> (16 - 8 * c) & 255) + (unseen * background[c] + 127) / 255;
      *to++ = static_cast<uint8_t>(std::min(value, 255));
    }
  return pixels;
}

/// Whole rows of tiles are decoded, and kept until rows below them are asked for.
void SlideStack::Slide::hold(const PixelRegion& region) {
  const int64_t last = region.y + region.height, held_last = held_region.y + held_region.height;
  const bool same_columns = held_region.x == region.x && held_region.width == region.width;
  if (same_columns && region.y >= held_region.y && last <= held_last) return;
  const int64_t up_to = std::min((last + rows_of_tile - 1) / rows_of_tile * rows_of_tile, info.height);
  const bool goes_on = same_columns && region.y >= held_region.y && region.y < held_last;
  const int64_t from = goes_on ? held_last : region.y;
  const auto further = decode({region.x, from, region.width, up_to - from});
  held = goes_on ? torch::cat({held.slice(1, region.y - held_region.y), further}, 1) : further;
  held_region = {region.x, region.y, region.width, up_to - region.y};
}

SlideStack::SlideStack(const std::filesystem::path& file, const ImageLevel& level)
    : slide_(std::make_unique<Slide>()) {
  slide_->file = file;
  slide_->slide.reset(openslide_open(file.c_str()));
  if (!slide_->slide)
    fail_reading(file, "OpenSlide does not know it as a whole slide; the file is damaged or cut short");
  slide_->check();
  try {
    slide_->describe(level);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with("cannot read ")) throw;
    fail_reading(file, message);
  }
}

SlideStack::~SlideStack() = default;

const ImageStructure& SlideStack::structure() const { return slide_->structure; }
const ImageInfo& SlideStack::info() const { return slide_->info; }
PictureSize SlideStack::full_size() const { return slide_->full; }

torch::Tensor SlideStack::read(const PlanePosition&, int64_t colour, const PixelRegion& region) {
  slide_->hold(region);
  const auto rows = slide_->held.narrow(1, region.y - slide_->held_region.y, region.height);
  return (colour < 0 ? rows : rows.narrow(0, colour, 1)).to(torch::kFloat32);
}

}  // namespace priorseg
