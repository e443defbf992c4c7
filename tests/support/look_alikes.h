#pragma once

#include <torch/types.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "priorseg/image/image_file.h"

// Small folders with the names and the layout of published data sets.
namespace priorseg::test {

/// A label map with 2 x 2 squares; their numbers are `first` to `first` + 3.
inline torch::Tensor four_squares(int64_t height, int64_t width, int32_t first = 1) {
  auto labels = torch::zeros({height, width}, torch::kInt32);
  for (int64_t i = 0; i < 4; ++i) {
    const int64_t top = (i / 2) * height / 2 + height / 8, left = (i % 2) * width / 2 + width / 8;
    labels.slice(0, top, top + height / 4)
        .slice(1, left, left + width / 4)
        .fill_(first + static_cast<int32_t>(i));
  }
  return labels;
}

/// Pixels that belong to them: bright squares on a dark ground.
inline torch::Tensor bright_squares(const torch::Tensor& labels) {
  return (labels > 0).to(torch::kFloat32) * 150 + 20;
}

inline std::string numbered(const char* pattern, int64_t number) {
  char text[64];
  std::snprintf(text, sizeof(text), pattern, static_cast<int>(number));
  return text;
}

/// Frames `first` to `last` of a sequence of the Cell Tracking Challenge. @param truth  "GT" or "ST".
inline void make_sequence(const std::filesystem::path& folder, const std::string& sequence, int64_t first,
                          int64_t last, const std::string& truth, int64_t height = 40, int64_t width = 48) {
  const auto labels = four_squares(height, width);
  for (int64_t frame = first; frame <= last; ++frame) {
    write_grey_tiff(folder / sequence / numbered("t%03d.tif", frame), bright_squares(labels), 8);
    write_label_map(folder / (sequence + "_" + truth) / "SEG" / numbered("man_seg%03d.tif", frame), labels);
  }
}

}  // namespace priorseg::test
