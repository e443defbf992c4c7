#pragma once

#include <torch/types.h>

#include <filesystem>

#include "priorseg/data/benchmark.h"

namespace priorseg {

/// Reads the objects of a label file of a benchmark.
/// @return [H,W] int32, 0 = background.
/// @throws Error where the file is no label map of that coding.
torch::Tensor read_benchmark_labels(const std::filesystem::path& path, LabelCoding coding);

/// An image of a benchmark as files that every program can read.
struct PreparedImage {
  std::string name;
  std::filesystem::path image;
  std::filesystem::path labels;        ///< empty = not annotated; a label map, one number an object
  std::filesystem::path whole_labels;  ///< the same of the whole image, before anything was cut off
};

/// Cuts and resizes by the benchmark's protocol: a square from the middle of the image, then the image by
/// area (smaller) or bilinearly (larger) and its labels by the nearest pixel. Results are written to
/// folder/images/<name>.tif and folder/labels/<name>.tif, grey, with the image's bit depth; those that are
/// there already are kept. Files that need no change are named where they are.
///
/// @param crop, side  as in Benchmark.
/// @throws Error where an image is smaller than the crop, its labels have another size, or a file cannot be
/// read.
PreparedImage prepare_benchmark_image(const BenchmarkImage& image, LabelCoding coding, int64_t crop,
                                      int64_t side, const std::filesystem::path& folder);

/// Factor from px of the benchmark's images to px of the prepared ones, from the size of `image`: the
/// geometric mean of both directions.
double prepared_scale(const BenchmarkImage& image, int64_t crop, int64_t side);

}  // namespace priorseg
