#include "priorseg/detector/outline_quality.h"

#include <cmath>

namespace priorseg {

double quality_of_outline(const OutlineSigns& signs) {
  // Fitted by bench/accuracy/fit_quality.py to ten sets of labelled images, which count alike.
  const double evidence = -19.255 + 3.489 * signs.score + 14.412 * signs.fill + 4.562 * signs.agreement -
                          4.211 * signs.unevenness + 2.235 * signs.sharpness;
  return 1 / (1 + std::exp(-evidence));
}

double chance_of_match(double quality, double relative_size) {
  // Fitted by bench/accuracy/fit_quality.py to the same sets.
  const double evidence = 2.04 + 0.75 * std::log(quality / (1 - quality)) + 1.25 * std::log(relative_size);
  return 1 / (1 + std::exp(-evidence));
}

}  // namespace priorseg
