#pragma once

#include <algorithm>
#include <cmath>

namespace priorseg {

/// One cycle: linear rise to 1, then a cosine to zero (Smith & Topin 2018); never below 0.001.
/// @param share    of the training that is done, 0 to 1.
/// @param warm_up  share of the training in which the rate rises.
inline double one_cycle(double share, double warm_up) {
  const double factor =
      share < warm_up ? share / warm_up : 0.5 * (1 + std::cos(M_PI * (share - warm_up) / (1 - warm_up)));
  return std::max(factor, 1e-3);
}

}  // namespace priorseg
