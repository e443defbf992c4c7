#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "priorseg/core/random.h"

namespace priorseg::test {

/// A label map from rows of digits; '.' is background.
inline torch::Tensor label_map(const std::vector<std::string>& rows) {
  const auto height = static_cast<int64_t>(rows.size()), width = static_cast<int64_t>(rows.at(0).size());
  torch::Tensor labels = torch::zeros({height, width}, torch::kInt32);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      if (rows[y][x] != '.') labels[y][x] = rows[y][x] - '0';
    }
  }
  return labels;
}

/// Overlapping rectangles of labels 1 ... `objects` at random places; later ones cover earlier ones.
inline torch::Tensor random_labels(Random& random, int64_t objects, int64_t height, int64_t width) {
  torch::Tensor labels = torch::zeros({height, width}, torch::kInt32);
  for (int64_t label = 1; label <= objects; ++label) {
    const int64_t h = random.integer(1, std::min<int64_t>(4, height)),
                  w = random.integer(1, std::min<int64_t>(4, width));
    const int64_t y = random.integer(0, height - h), x = random.integer(0, width - w);
    labels.slice(0, y, y + h).slice(1, x, x + w).fill_(label);
  }
  return labels;
}

}  // namespace priorseg::test
