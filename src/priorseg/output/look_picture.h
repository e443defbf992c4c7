#pragma once

#include <torch/types.h>

namespace priorseg {

/// What a picture of an image before a training shows.
struct LookPicture {
  torch::Tensor pixels;     ///< [C,H,W] float32 with C 1 or 3, raw values
  torch::Tensor artefacts;  ///< [H,W] uint8, an ArtefactKind each
  torch::Tensor parts;      ///< [H,W] int32: what stands out in the shape of one object, 0 = elsewhere
  double smallest = 0, largest = 0;  ///< object sizes that are looked for, px
};

/// Two pictures side by side: the image with what is left out of it hatched, and with outlines around what
/// stands out in the shape of one object, beside two circles of the smallest and largest size.
/// @return  [h,w,3] uint8.
torch::Tensor draw_look(const LookPicture& look);

}  // namespace priorseg
