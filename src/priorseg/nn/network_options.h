#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "priorseg/core/option_range.h"

// What the networks look like. Without LibTorch, so that settings are read and shown without it.
namespace priorseg {

/// What the localizer looks like and which boxes it can place.
struct LocalizerOptions {
  std::vector<int64_t> channels = {16, 32, 64,
                                   128};  ///< one entry a stage: two convolutions, then a 2x2 pooling
  int64_t reduction = 1;   ///< the image is averaged down by this factor first, 1 (the paper's), 2 or 4
  double max_ratio = 3.0;  ///< R_max: width / height of a box lies in [1/R_max, R_max]
  double initial_presence = 0.1;  ///< presence of every grid cell before training, in (0,1)

  /// Pixels of a grid cell: every stage halves the resolution.
  int64_t cell_size() const { return reduction << channels.size(); }

  template <class Visitor>
  void visit(Visitor& v) {
    v("channels", channels, list_of(1, 6, between(1, 1024)),
      "channels of each stage of the localizer; a grid cell is reduction x 2^stages px");
    v("reduction", reduction, one_of(1, 2, 4),
      "the image is averaged down by this factor before the localizer");
    v("max_ratio", max_ratio, between(1, 10), "largest width to height ratio of a box (and its inverse)");
    v("initial_presence", initial_presence, inside(0, 1), "presence of every grid cell before training");
  }
};

enum class EncoderKind {
  kPooled,   ///< 2 convolutions and a 2x2 pooling a stage (the paper's 6 convolutions, 3 poolings)
  kStrided,  ///< one convolution of stride 2 a stage, about a quarter of the work
};
constexpr auto option_names(EncoderKind) {
  return std::array{std::pair{EncoderKind::kPooled, "pooled"}, std::pair{EncoderKind::kStrided, "strided"}};
}

struct EncoderOptions {
  EncoderKind kind = EncoderKind::kStrided;
  std::vector<int64_t> channels = {16, 32,
                                   64};  ///< one entry a stage; the patch side must be a multiple of 2^stages

  template <class Visitor>
  void visit(Visitor& v) {
    v("kind", kind,
      "'pooled' (the paper's: two convolutions and a pooling a stage) or 'strided' (one, faster)");
    v("channels", channels, list_of(1, 5, between(1, 1024)), "channels of each stage of the encoder");
  }
};

enum class DecoderKind {
  kConvolution,  ///< 2 convolutions and a bilinear upsampling a stage (the paper's 6 convolutions, 3
                 ///< upsamplings)
  kDense,        ///< fully connected layers, a small share of the work; a shape has few degrees of freedom
};
constexpr auto option_names(DecoderKind) {
  return std::array{std::pair{DecoderKind::kConvolution, "convolution"},
                    std::pair{DecoderKind::kDense, "dense"}};
}

struct DecoderOptions {
  DecoderKind kind = DecoderKind::kDense;
  std::vector<int64_t> channels = {
      128, 256};  ///< convolution: channels of each stage; dense: hidden units of each layer

  template <class Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "'convolution' (the paper's) or 'dense' (fully connected, faster)");
    v("channels", channels, list_of(1, 5, between(1, 4096)),
      "channels of each stage, or hidden units of each dense layer");
  }
};

}  // namespace priorseg
