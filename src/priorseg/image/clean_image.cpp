#include "priorseg/image/clean_image.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "priorseg/image/artefacts.h"
#include "priorseg/image/channel.h"
#include "priorseg/image/polarity.h"
#include "priorseg/image/resample.h"

namespace priorseg {
namespace {

constexpr int64_t kBlockPixels = int64_t{1} << 24;

/// Rows that are looked through together.
int64_t rows_of_block(const ImageInfo& image) {
  if (image.height * image.width <= kBlockPixels) return std::max<int64_t>(1, image.height);
  return std::max<int64_t>(1, kBlockPixels / image.width);
}

torch::Tensor clean_rows(const torch::Tensor& pixels, double quantum, const IntensityOptions& options) {
  auto layers = torch::zeros({pixels.size(0) + kCleanLayers, pixels.size(1), pixels.size(2)});
  channels_of(layers).copy_(pixels);
  const auto grey = grey_from_pixels(pixels, options.channel, quantum);
  if (!options.withstand_artefacts) {
    layer_of(layers, CleanLayer::kGrey)
        .copy_(torch::nan_to_num(with_bright_objects(grey, options.polarity, options.white), 0.0, 0.0, 0.0));
    return layers;
  }
  // Of one value is what is so in all channels.
  const auto kinds = find_artefacts(grey_from_pixels(pixels, ImageChannel::kGrey, quantum));
  const auto filled = fill_artefacts(grey, kinds);
  layer_of(layers, CleanLayer::kGrey)
      .copy_(with_bright_objects(filled.grey, options.polarity, options.white));
  layer_of(layers, CleanLayer::kBlank).copy_(filled.blank);
  layer_of(layers, CleanLayer::kKind).copy_(kinds);
  return layers;
}

/// Whether what is looked at comes in the steps of the file's grey values.
bool has_steps_of_file(const IntensityOptions& options) {
  return options.channel < ImageChannel::kHematoxylin && options.polarity != Polarity::kAbsorbing &&
         options.polarity != Polarity::kRelief;
}

/// The block that was looked through last.
struct Block {
  RowRange rows;
  torch::Tensor layers;
};

torch::Tensor without_blank(torch::Tensor grey, const torch::Tensor& blank) {
  return grey.masked_fill_(blank.ge(0.5), std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

torch::Tensor layer_of(const torch::Tensor& clean, CleanLayer layer) {
  return clean[clean.size(0) - kCleanLayers + static_cast<int64_t>(layer)];
}

torch::Tensor channels_of(const torch::Tensor& clean) {
  return clean.slice(0, 0, clean.size(0) - kCleanLayers);
}

int64_t channel_of(const ImageInfo& clean, CleanLayer layer) {
  return clean.channels - kCleanLayers + static_cast<int64_t>(layer);
}

RowRange rows_behind_clean(const ImageInfo& image, RowRange wanted) {
  const int64_t block = rows_of_block(image);
  return {wanted.first / block * block, std::min(image.height, (wanted.last + block - 1) / block * block)};
}

ImageSource clean_source(const ImageSource& image, const IntensityOptions& options) {
  const int64_t height = image.height;
  const int64_t block_rows = rows_of_block(image);
  auto last = std::make_shared<Block>();
  const auto read = [image, options, height, quantum = image.quantum, block_rows, last](int64_t first,
                                                                                        int64_t end) {
    std::vector<torch::Tensor> pieces;
    for (int64_t row = first; row < end; row = last->rows.last) {
      if (row < last->rows.first || row >= last->rows.last) {
        const int64_t top = row / block_rows * block_rows;
        last->rows = {top, std::min(height, top + block_rows)};
        last->layers = clean_rows(image.read(last->rows.first, last->rows.last), quantum, options);
      }
      pieces.push_back(
          last->layers.slice(1, row - last->rows.first, std::min(end, last->rows.last) - last->rows.first));
    }
    return pieces.size() == 1 ? pieces.front() : torch::cat(pieces, 1);
  };
  ImageInfo info = image;
  info.channels += kCleanLayers;
  if (!has_steps_of_file(options)) info.quantum = 0;
  return {info, read};
}

torch::Tensor resize_clean(const torch::Tensor& clean, std::array<int64_t, 2> size) {
  auto grey = resize_image(layer_of(clean, CleanLayer::kGrey), size);
  const auto blank = layer_of(clean, CleanLayer::kBlank);
  if (!blank.any().item<bool>()) return grey;
  return without_blank(grey.clone(), resize_image(blank, size));
}

torch::Tensor resize_clean_window(const RollingRows& clean, std::array<int64_t, 2> size,
                                  const ImageWindow& wanted) {
  const ImageInfo& info = clean.info();
  const std::array<int64_t, 2> whole = {info.height, info.width};
  const auto source = source_window(whole, size, wanted);
  const auto resized = [&](CleanLayer layer) {
    return resize_window(clean.window(channel_of(info, layer), source), source, whole, size, wanted);
  };
  auto grey = resized(CleanLayer::kGrey);
  if (clean.is_zero(channel_of(info, CleanLayer::kBlank), source.rows)) return grey;
  return without_blank(std::move(grey), resized(CleanLayer::kBlank));
}

}  // namespace priorseg
