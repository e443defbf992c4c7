#pragma once

#include <array>
#include <string>
#include <utility>

#include "priorseg/core/option_range.h"

namespace priorseg {

enum class IntensityMapping {
  kLinear,    ///< from the darkest to the brightest pixel (the paper's)
  kPower,     ///< the same to the power `power`
  kSaturate,  ///< d / (d + s), d above background, s = `saturation` x Otsu's threshold above background
  /// m = d / (the brightest d in the neighbourhood), so that dim objects count like bright ones (but no less
  /// than `signal_floor` x Otsu's threshold: haze between objects is not one of them), then m (1 + s) / (m +
  /// s) with s = `saturation`; 0 = chosen for each image so that the median of its foreground (m > 0.1) is
  /// mapped to 0.75.
  kLocal,
};
constexpr auto option_names(IntensityMapping) {
  return std::array{
      std::pair{IntensityMapping::kLinear, "linear"}, std::pair{IntensityMapping::kPower, "power"},
      std::pair{IntensityMapping::kSaturate, "saturate"}, std::pair{IntensityMapping::kLocal, "local"}};
}

enum class BackgroundKind {
  kGlobal,  ///< one grey value an image
  kLocal,   ///< it may vary slowly across the image
};
constexpr auto option_names(BackgroundKind) {
  return std::array{std::pair{BackgroundKind::kGlobal, "global"}, std::pair{BackgroundKind::kLocal, "local"}};
}

/// What of the pixels of an image is looked at.
enum class ImageChannel {
  kAuto,  ///< what the training images ask for (choose_appearance); without a training kGrey
  kGrey,  ///< mean of the channels
  kRed,
  kGreen,
  kBlue,
  kHematoxylin,  ///< concentration of a stain (grey_from_pixels)
  kEosin,
  kDab,
};
constexpr auto option_names(ImageChannel) {
  return std::array{
      std::pair{ImageChannel::kAuto, "auto"},   std::pair{ImageChannel::kGrey, "grey"},
      std::pair{ImageChannel::kRed, "red"},     std::pair{ImageChannel::kGreen, "green"},
      std::pair{ImageChannel::kBlue, "blue"},   std::pair{ImageChannel::kHematoxylin, "hematoxylin"},
      std::pair{ImageChannel::kEosin, "eosin"}, std::pair{ImageChannel::kDab, "dab"}};
}

/// How objects differ from their surroundings.
enum class Polarity {
  kAuto,    ///< what the training images ask for (choose_appearance); without a training kBright
  kBright,  ///< they are brighter
  kDark,    ///< they are darker
  /// They are darker because they absorb light that goes through: looked at is what is absorbed, the negative
  /// logarithm, in which what lies in deep shadow still differs.
  kAbsorbing,
  kRelief,  ///< they are as bright on the whole, but full of contrast: cells in phase contrast
};
constexpr auto option_names(Polarity) {
  return std::array{std::pair{Polarity::kAuto, "auto"}, std::pair{Polarity::kBright, "bright"},
                    std::pair{Polarity::kDark, "dark"}, std::pair{Polarity::kAbsorbing, "absorbing"},
                    std::pair{Polarity::kRelief, "relief"}};
}

/// How pixel values become the network's input in [0,1].
struct IntensityOptions {
  ImageChannel channel = ImageChannel::kGrey;
  Polarity polarity = Polarity::kBright;
  double white =
      0;  ///< for kAbsorbing: grey value where nothing absorbs; measured by the training, 0 = unknown
  IntensityMapping mapping = IntensityMapping::kLocal;
  BackgroundKind background = BackgroundKind::kGlobal;
  double power = 0.4;          ///< exponent of kPower
  double saturation = 0.0;     ///< s of kSaturate (> 0) and kLocal (0 = automatic)
  double neighbourhood = 0.5;  ///< of kLocal: radius in units of the largest object size
  double signal_floor =
      0.0;  ///< of kLocal: full contrast is at least this multiple of Otsu's threshold above background
  double noise_floor = 12.0;         ///< full contrast is at least this many sigmas of the noise
  bool withstand_artefacts = false;  ///< leave out what is no picture (artefacts.h), and let neither a few
                                     ///< very bright things nor a slope of light rule the figures of an image
  double truncate_mean =
      0.0;  ///< pixels above this multiple of the mean are cut off first; 0 = off (paper: 1.2 for FLUO)

  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("channel", channel,
      "what is looked at: 'grey' (mean of the channels), 'red', 'green', 'blue', or a stain of tissue, "
      "'hematoxylin', 'eosin' or 'dab'; 'auto': what the training images ask for");
    v("polarity", polarity,
      "objects are 'bright' or 'dark' on their surroundings, or dark because they are 'absorbing' light that "
      "goes through, or stand out as a 'relief', by contrast of both kinds; 'auto': what the training images "
      "ask for");
    v("white", white, at_least(0),
      "for polarity 'absorbing': grey value where nothing absorbs; a training measures it, 0 = unknown");
    v("mapping", mapping, "'linear' (the paper's), 'power', 'saturate' or 'local'");
    v("background", background,
      "'global': one background value an image; 'local': it may vary slowly across it");
    v("power", power, between(0.05, 4), "exponent of mapping 'power'");
    v("saturation", saturation, between(0, 100),
      "how early bright pixels saturate: small = early; mapping 'local': 0 = chosen for each image");
    v("neighbourhood", neighbourhood, between(0.25, 10),
      "mapping 'local': radius in units of the largest object size");
    v("signal_floor", signal_floor, between(0, 10),
      "mapping 'local': full contrast is at least this multiple of Otsu's threshold above background, 0 = no "
      "floor");
    v("noise_floor", noise_floor, between(0, 1000),
      "full contrast is at least this many sigmas of the image noise, 0 = no floor");
    v("withstand_artefacts", withstand_artefacts,
      "leave out padding, bars, letters, camera lines, hot pixels and what is not a number, and let neither "
      "a "
      "few very bright things nor a slope of light rule an image");
    v("truncate_mean", truncate_mean, between(0, 1000),
      "pixels above this multiple of the image mean are cut off first, 0 = off");
  }
};

}  // namespace priorseg
