#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace priorseg {

struct ContactSheetOptions {
  int64_t columns = 16;  ///< tiles side by side, >= 1
  int64_t scale = 2;     ///< enlargement of a patch, 1 to 8
};

/// One picture of groups of mask patches, a heading over each group, so that shapes can be compared by eye:
/// for example "Training shapes" over "Sampled from the prior".
///
/// @param groups  pairs of heading and patches [N,1,S,S] float in [0,1], any device; N may be 0 and S may
/// differ between
///                groups. Values outside [0,1] are clamped, NaN is drawn as 0. Characters of a heading
///                outside ASCII are drawn as '?'; a heading wider than the picture is cut.
/// @return        [H,W,3] uint8 (red, green, blue), CPU.
/// @throws Error on no group, on another shape or dtype, or from the options.
torch::Tensor contact_sheet(const std::vector<std::pair<std::string, torch::Tensor>>& groups,
                            const ContactSheetOptions& options = {});

}  // namespace priorseg
