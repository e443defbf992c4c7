#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/data/benchmark.h"

namespace priorseg {

/// Reads the objects of a label file of a benchmark.
/// @return [H,W] int32, 0 = background.
/// @throws Error where the file is no label map of that coding.
torch::Tensor read_benchmark_labels(const std::filesystem::path& path, LabelCoding coding);

/// An image, or a crop of one, as files that every program can read.
struct PreparedImage {
  std::string name;
  std::filesystem::path image;
  std::filesystem::path labels;  ///< empty = not annotated; a label map, one number an object
};

/// What becomes of an image of a benchmark.
struct PreparedSource {
  std::string name;                    ///< of the benchmark's image
  std::filesystem::path whole_labels;  ///< its label map before anything was cut; empty = not annotated
  std::vector<PreparedImage> crops;    ///< one, of its name, where nothing is cut
};

/// Cuts and resizes by the benchmark's protocol: as many squares as fit beside each other, evenly spread,
/// then the image by area (smaller) or bilinearly (larger) and its labels by the nearest pixel. Results are
/// written to folder/images/<name>.tif and folder/labels/<name>.tif, grey, with the image's bit depth; crops
/// are named <name>_y<top>_x<left>. Those that are there already are kept. Files that need no change are
/// named where they are.
///
/// @throws Error where an image is smaller than the crop, its labels have another size, or a file cannot be
/// read.
PreparedSource prepare_benchmark_image(const BenchmarkImage& image, LabelCoding coding, const CropRule& rule,
                                       const std::filesystem::path& folder);

/// The crops of all sources, one after the other.
std::vector<PreparedImage> all_crops(const std::vector<PreparedSource>& sources);

/// Factor from px of the benchmark's images to px of the prepared ones, from the size of `image`: the
/// geometric mean of both directions.
double prepared_scale(const BenchmarkImage& image, const CropRule& rule);

}  // namespace priorseg
