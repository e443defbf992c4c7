#include <algorithm>
#include <cmath>
#include <map>

#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/option_range.h"
#include "priorseg/data/benchmark_loaders.h"
#include "priorseg/data/image_list.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// Images of a folder with their label maps, in natural order; labels stay empty where there is none.
std::vector<BenchmarkImage> images_with_labels(const fs::path& images, const fs::path& labels) {
  std::map<std::string, fs::path> label_of;
  for (const auto& path : list_label_maps({labels})) label_of.emplace(image_stem(path), path);
  const auto paths = list_images({images});
  const auto stems = output_stems(paths);
  std::vector<BenchmarkImage> found;
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto label = label_of.find(stems[i]);
    found.push_back({stems[i], paths[i], label == label_of.end() ? fs::path() : label->second});
  }
  return found;
}

std::vector<BenchmarkImage> annotated_only(const std::vector<BenchmarkImage>& images) {
  std::vector<BenchmarkImage> annotated;
  std::copy_if(images.begin(), images.end(), std::back_inserter(annotated),
               [](const BenchmarkImage& image) { return !image.labels.empty(); });
  return annotated;
}

}  // namespace

Benchmark load_image_folder(const fs::path& folder, const FolderSplit& split) {
  check_value("train_share", split.train_share, between(0.01, 0.99));
  const std::string layout = "images/ and labels/ with files of the same names";
  const auto all = images_with_labels(unpacked_folder(folder, "images", layout),
                                      unpacked_folder(folder, "labels", layout));
  Benchmark benchmark;
  benchmark.title =
      folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
  benchmark.simulator = "mixed";
  if (!split.test_images.empty()) {
    benchmark.training = all;
    benchmark.test = annotated_only(images_with_labels(split.test_images, split.test_labels));
  } else {
    const auto count =
        std::max<int64_t>(1, std::llround(split.train_share * static_cast<double>(all.size())));
    benchmark.training.assign(all.begin(), all.begin() + count);
    benchmark.test = annotated_only({all.begin() + count, all.end()});
  }
  benchmark.full = annotated_only(benchmark.training);
  if (!benchmark.full.empty()) benchmark.one = benchmark.full.front();
  benchmark.split = "Trained on " + range_text(benchmark.training) + ", of which " +
                    std::to_string(benchmark.full.size()) + " are annotated; one annotated image " +
                    benchmark.one.name + "; tested on " + range_text(benchmark.test) + ".";
  return benchmark;
}

Benchmark load_simulated_hl60(const fs::path& folder) {
  constexpr double kLearnedFrom = 150, kFrames = 215;  // of Fluo-N2DH-SIM+ in the paper
  Benchmark benchmark = load_image_folder(folder, {kLearnedFrom / kFrames, {}, {}});
  benchmark.title = "Simulated HL60 nuclei, a stand-in for Fluo-N2DH-SIM+";
  benchmark.split =
      "Not a data set of the paper: images of this program's simulator (preset hl60), a stand-in for "
      "Fluo-N2DH-SIM+. " +
      benchmark.split;
  benchmark.cut.side = 256;
  benchmark.size_min = 42;
  benchmark.size_max = 80;
  benchmark.simulator = "nuclei";  // of another look: to learn from hl60 would be to learn from these images
  benchmark.paper = PaperParameters{1, 2, 1.5, 1.5, 1.2, 0};
  return benchmark;
}

}  // namespace priorseg
