#pragma once

#include <array>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image_source.h"
#include "priorseg/image/intensity_options.h"

namespace priorseg {

/// An image as the networks look at it, without what is no picture: rows of four kinds of layers, [C+3,N,W]
/// float32: the C channels of the image as they are, then the layers below.
enum class CleanLayer {
  kGrey =
      0,  ///< what is looked at (grey_from_pixels), artefacts filled, objects bright (with_bright_objects)
  kBlank = 1,  ///< 1 where it is not known what is there, else 0
  kKind = 2,   ///< number of the ArtefactKind
};
constexpr int64_t kCleanLayers = 3;

/// [N,W] of clean rows.
torch::Tensor layer_of(const torch::Tensor& clean, CleanLayer layer);
/// [C,N,W]: the channels of the image.
torch::Tensor channels_of(const torch::Tensor& clean);
/// The channel of a clean_source() that a layer is.
int64_t channel_of(const ImageInfo& clean, CleanLayer layer);

/// Reads an image, takes from its channels what the settings say, in the polarity that they say, and finds
/// artefacts in it where they ask for that (otherwise only non-finite pixels are filled, with 0). An image of
/// more than 2^24 pixels is looked through in blocks of rows of about that many, each by itself, so that the
/// answer does not depend on the rows that are asked for: a camera line has to be off for a quarter of the
/// rows of a block, a padding is one that reaches the edge of a block, and a relief is measured in a block
/// alone.
///
/// @return  a source of clean rows, with the quantum of its grey layer; best read from top to bottom: a block
/// is looked through whenever the rows
///          leave the one before.
ImageSource clean_source(const ImageSource& image, const IntensityOptions& options);

/// The rows of an image that are read for rows `wanted` of its clean_source(): whole blocks.
RowRange rows_behind_clean(const ImageInfo& image, RowRange wanted);

/// The rescaled grey image of a whole clean image.
/// @return  [h,w] float32, NaN where it is not known what is there.
torch::Tensor resize_clean(const torch::Tensor& clean, std::array<int64_t, 2> size);
/// The same of a window, as resize_window().
/// @param clean  rows of a clean_source(), at least those of the source_window().
/// @param size   {height, width} of the whole result.
torch::Tensor resize_clean_window(const RollingRows& clean, std::array<int64_t, 2> size,
                                  const ImageWindow& wanted);

}  // namespace priorseg
