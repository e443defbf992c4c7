#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <vector>

namespace priorseg {

/// Bright colours (red, green, blue) that stand out from grey and from each other.
inline constexpr std::array<std::array<uint8_t, 3>, 12> kLabelColours{{{255, 221, 51},
                                                                       {64, 196, 255},
                                                                       {255, 92, 160},
                                                                       {102, 230, 90},
                                                                       {255, 140, 40},
                                                                       {178, 132, 255},
                                                                       {40, 230, 190},
                                                                       {255, 90, 80},
                                                                       {190, 240, 60},
                                                                       {90, 140, 255},
                                                                       {240, 110, 240},
                                                                       {255, 190, 150}}};

/// Chooses a colour for every label so that neighbours differ. Neighbours are objects whose zones (the pixels
/// nearer to them than to any other object) touch, also over a gap. More neighbours than colours: a few may
/// be alike.
///
/// @param labels  [H,W] int32, >= 0, CPU, contiguous; labels up to `num_labels`.
/// @return        index into kLabelColours of label l at entry l; entry 0 is unused.
std::vector<uint8_t> choose_colours(const torch::Tensor& labels, int64_t num_labels);

}  // namespace priorseg
