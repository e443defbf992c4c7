#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace priorseg {

/// How a file tells the objects of an image apart.
enum class LabelCoding {
  kNumbers,        ///< one number an object, 0 = background
  kColouredParts,  ///< connected pixels of one value in the first channel are an object, 0 = background
};

/// How images are cut and resized before anything else.
struct CropRule {
  int64_t crop = 0;    ///< side of the squares that each image is cut into, px; 0 = whole images
  int64_t side = 0;    ///< px that height and width are brought to then; 0 = as they are
  int64_t border = 0;  ///< px along the image's border where the truth is not complete: crops keep off it
};

/// An image of a benchmark.
struct BenchmarkImage {
  std::string name;  ///< of its results, unique among the images of its role
  std::filesystem::path image;
  std::filesystem::path labels;  ///< empty = not annotated
};

/// What Chen et al. set by hand for a data set, in their terms; from kl_weight on they do not tell.
struct PaperParameters {
  double scale_min = 2, scale_max = 3;  ///< box sizes, grid cells of 16 px of the network input
  double max_ratio = 3;                 ///< R_max: width to height of boxes, and its inverse
  double max_axis_ratio = 2;            ///< of the synthetic ellipses
  double truncate_mean = 0;  ///< pixels above this multiple of the image's mean are cut off; 0 = no
  /// px of the network input per px of the image; 0 = the prepared image is the network input.
  double network_from_image = 0;
  double kl_weight = 1e-3;        ///< beta, as LossOptions::kl_weight
  double min_mask_width = 0;      ///< of annotated masks, as MaskPatchOptions::min_width
  bool is_edge_of_batch = false;  ///< whether the edge loss pools the crops of a step (EdgePooling::kBatch)
};

/// A data set with the roles that its images play in a comparison.
struct Benchmark {
  std::string name;                      ///< as load_benchmark takes it
  std::string title;                     ///< for people
  std::vector<BenchmarkImage> training;  ///< learned from without labels
  BenchmarkImage one;                    ///< the one annotated image
  std::vector<BenchmarkImage> full;      ///< all annotated images to learn from, `one` included
  std::vector<BenchmarkImage> test;      ///< never learned from; all annotated
  LabelCoding coding = LabelCoding::kNumbers;
  CropRule cut;
  double size_min = 0, size_max = 0;  ///< objects in px of the image, as --size; 0 = the user has to say
  std::string simulator;              ///< preset of the simulator whose images are most like these
  std::string split;  ///< one sentence: which images play which role, and whether it is the paper's
  std::optional<PaperParameters> paper;  ///< nothing where the paper has no such data
};

/// Names that load_benchmark knows.
const std::vector<std::string>& benchmark_names();

/// What the loader of a plain folder has to be told. Other data sets have their own splits.
struct FolderSplit {
  double train_share = 0.5;           ///< the first images, in natural order, are learned from
  std::filesystem::path test_images;  ///< given: all of the folder is learned from, these are the test
  std::filesystem::path test_labels;
};

/// Looks into a folder as a user unpacked it and tells which images play which role; no pixel is read. A part
/// of a data set is taken where each role has an image; `split` tells then that it is not the paper's.
/// docs/developer/datasets.md describes the layouts.
///
/// @param name  of benchmark_names().
/// @throws Error where the name is not known, or the folder is not what it should be.
Benchmark load_benchmark(const std::string& name, const std::filesystem::path& folder,
                         const FolderSplit& split = {});

}  // namespace priorseg
