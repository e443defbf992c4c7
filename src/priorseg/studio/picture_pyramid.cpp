#include "priorseg/studio/picture_pyramid.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "priorseg/core/error.h"
#include "priorseg/image/channel.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/png_file.h"

namespace priorseg {
namespace {

constexpr int64_t kRowsOfABand = 256;
constexpr int64_t kSampledRows = 512;
constexpr int64_t kMostPixels = int64_t{1} << 30;  // the pyramid of a grey one takes 1.4 GB

/// What is shown of rows: [C,N,W].
torch::Tensor shown_values(const torch::Tensor& pixels, ImageChannel channel, double quantum) {
  if (channel == ImageChannel::kAuto || pixels.size(0) == 1) return pixels;
  return grey_from_pixels(pixels, channel, quantum).unsqueeze(0);
}

/// Values of about kSampledRows rows that are spread over the image, sorted.
std::vector<float> sample_values(ImageReader& reader, ImageChannel channel) {
  const auto& info = reader.info();
  const int64_t row_step = std::max<int64_t>(1, info.height / kSampledRows);
  const int64_t column_step = std::max<int64_t>(1, info.width / 2048);
  std::vector<float> values;
  for (int64_t row = row_step / 2; row < info.height; row += row_step) {
    const auto shown = shown_values(reader.read_rows(row, row + 1), channel, info.quantum).contiguous();
    const float* data = shown.data_ptr<float>();
    for (int64_t i = 0; i < shown.numel(); i += column_step)
      if (std::isfinite(data[i])) values.push_back(data[i]);
  }
  std::sort(values.begin(), values.end());
  return values;
}

uint8_t to_byte(float value, double darkest, double scale) {
  if (std::isnan(value)) return 0;
  return static_cast<uint8_t>(std::clamp((static_cast<double>(value) - darkest) * scale + .5, 0.0, 255.0));
}

void go_to_picture(ImageReader& reader, const ImageInput& image, int64_t picture) {
  if (picture < 0 || picture >= reader.num_pictures()) {
    throw Error(image.name() + " has " + std::to_string(reader.num_pictures()) +
                " pictures, there is no number " + std::to_string(picture + 1));
  }
  reader.go_to(picture);
}

}  // namespace

PicturePyramid::PicturePyramid(const ImageInput& image, int64_t picture, ImageChannel channel) {
  ImageReader sampled(image);
  go_to_picture(sampled, image, picture);
  const auto info = sampled.info();
  if (info.height * info.width * info.channels > kMostPixels)
    throw Error(image.name() + " has more pixels than the studio shows (2^30)");
  const auto values = sample_values(sampled, channel);
  if (!values.empty()) {
    const auto last = static_cast<double>(values.size() - 1);
    darkest_ = values[static_cast<size_t>(last * .001)];
    brightest_ = values[static_cast<size_t>(std::ceil(last * .999))];
  }
  const double scale = brightest_ > darkest_ ? 255 / (brightest_ - darkest_) : 0;
  channels_ = channel == ImageChannel::kAuto ? info.channels : 1;
  Level full{info.height, info.width, {}};
  full.samples.resize(static_cast<size_t>(info.height * info.width * channels_));
  ImageReader reader(image);
  reader.go_to(picture);
  for (int64_t first = 0; first < info.height; first += kRowsOfABand) {
    const int64_t last = std::min(first + kRowsOfABand, info.height);
    const auto shown =
        shown_values(reader.read_rows(first, last), channel, info.quantum).permute({1, 2, 0}).contiguous();
    const float* from = shown.data_ptr<float>();
    uint8_t* to = full.samples.data() + first * info.width * channels_;
    for (int64_t i = 0; i < shown.numel(); ++i) to[i] = to_byte(from[i], darkest_, scale);
  }
  levels_.push_back(std::move(full));
  add_smaller_levels();
}

void PicturePyramid::add_smaller_levels() {
  while (levels_.back().height > 1 || levels_.back().width > 1) {
    const Level& large = levels_.back();
    Level small{(large.height + 1) / 2, (large.width + 1) / 2, {}};
    small.samples.resize(static_cast<size_t>(small.height * small.width * channels_));
    uint8_t* to = small.samples.data();
    for (int64_t y = 0; y < small.height; ++y) {
      const uint8_t* upper = large.samples.data() + 2 * y * large.width * channels_;
      const uint8_t* lower = 2 * y + 1 < large.height ? upper + large.width * channels_ : upper;
      for (int64_t x = 0; x < small.width; ++x) {
        const int64_t left = 2 * x * channels_, right = 2 * x + 1 < large.width ? left + channels_ : left;
        for (int64_t c = 0; c < channels_; ++c) {
          const int sum = upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c];
          *to++ = static_cast<uint8_t>((sum + 2) / 4);
        }
      }
    }
    levels_.push_back(std::move(small));
  }
}

int64_t PicturePyramid::num_bytes() const {
  int64_t bytes = 0;
  for (const auto& level : levels_) bytes += std::ssize(level.samples);
  return bytes;
}

int64_t PicturePyramid::top_level() const { return std::ssize(levels_) - 1; }

std::string PicturePyramid::tile(int64_t level, int64_t column, int64_t row, const Tint& tint) const {
  if (level < 0 || level > top_level()) throw Error("there is no level " + std::to_string(level));
  const Level& shown = levels_[static_cast<size_t>(top_level() - level)];
  if (column < 0 || row < 0 || column > shown.width / kTileSide || row > shown.height / kTileSide)
    throw Error("there is no tile " + std::to_string(column) + "_" + std::to_string(row));
  const int64_t x0 = column * kTileSide, y0 = row * kTileSide;
  const int64_t x1 = std::min(x0 + kTileSide, shown.width), y1 = std::min(y0 + kTileSide, shown.height);
  if (x0 >= x1 || y0 >= y1)
    throw Error("there is no tile " + std::to_string(column) + "_" + std::to_string(row));
  return cut(shown, x0, y0, x1, y1, tint);
}

std::string PicturePyramid::thumbnail(int64_t side) const {
  const auto fits = [&](const Level& level) { return std::max(level.height, level.width) <= side; };
  const auto level = std::find_if(levels_.begin(), levels_.end(), fits);
  // One step larger than what fits: the browser scales it down, which looks better than up.
  const auto& shown = level == levels_.begin() ? *level : *(level - 1);
  return cut(shown, 0, 0, shown.width, shown.height, kWhite);
}

std::string PicturePyramid::cut(const Level& level, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                                const Tint& tint) const {
  const int64_t height = y1 - y0, width = x1 - x0, row_bytes = width * channels_;
  std::vector<uint8_t> samples(static_cast<size_t>(height * row_bytes));
  for (int64_t y = 0; y < height; ++y)
    std::copy_n(&level.samples[static_cast<size_t>(((y0 + y) * level.width + x0) * channels_)], row_bytes,
                &samples[static_cast<size_t>(y * row_bytes)]);
  if (channels_ == 3) return encode_rgb_png(samples.data(), height, width);
  if (tint == kWhite) return encode_grey_png(samples.data(), height, width);
  std::vector<uint8_t> rgb;
  rgb.reserve(samples.size() * 3);
  for (const uint8_t grey : samples)
    for (const uint8_t white : tint) rgb.push_back(static_cast<uint8_t>(grey * white / 255));
  return encode_rgb_png(rgb.data(), height, width);
}

}  // namespace priorseg
