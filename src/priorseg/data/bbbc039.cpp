#include <fstream>
#include <map>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/data/benchmark_loaders.h"
#include "priorseg/data/image_list.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLayouts =
    "either train/ and val/ with images/ and labels/ in each, or the unpacked archives images.zip, masks.zip "
    "and metadata.zip side by side";

std::map<std::string, fs::path> by_stem(const std::vector<fs::path>& paths) {
  std::map<std::string, fs::path> files;
  for (const auto& path : paths) files.emplace(path.stem().string(), path);
  return files;
}

/// Pairs of one stem. @param stems  in the order of the result.
std::vector<BenchmarkImage> annotated(const std::vector<std::string>& stems,
                                      const std::map<std::string, fs::path>& images,
                                      const std::map<std::string, fs::path>& labels, const fs::path& folder) {
  std::vector<BenchmarkImage> pairs;
  std::vector<std::string> missing;
  for (const auto& stem : stems) {
    if (images.contains(stem) && labels.contains(stem)) {
      pairs.push_back({stem, images.at(stem), labels.at(stem)});
    } else {
      missing.push_back(stem);
    }
  }
  if (!missing.empty()) {
    throw Error(folder.string() + " lacks the image or the label map of " + std::to_string(missing.size()) +
                " of " + std::to_string(stems.size()) + " (" + first_names(missing) +
                "), expected an image and a label map of the same name for each");
  }
  return pairs;
}

std::vector<BenchmarkImage> annotated_folder(const fs::path& folder) {
  const auto images = by_stem(list_images({folder / "images"}));
  const auto labels = by_stem(list_images({folder / "labels"}));
  std::vector<std::string> stems;
  for (const auto& [stem, path] : images) stems.push_back(stem);
  return annotated(stems, images, labels, folder);
}

/// Names without extension of one list of metadata.zip, sorted.
std::vector<std::string> listed_stems(const fs::path& list) {
  std::ifstream file(list);
  if (!file.is_open())
    throw Error("there is no " + list.string() +
                ", expected the list of metadata.zip; see docs/developer/datasets.md");
  std::set<std::string> stems;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty()) stems.insert(fs::path(line).stem().string());
  }
  return {stems.begin(), stems.end()};
}

void load_published(const fs::path& folder, Benchmark& benchmark) {
  const auto images = by_stem(files_in(unpacked_folder(folder, "images", kLayouts)));
  const auto labels = by_stem(files_in(unpacked_folder(folder, "masks", kLayouts)));
  const auto lists = unpacked_folder(folder, "metadata", kLayouts);
  benchmark.coding = LabelCoding::kColouredParts;
  benchmark.full = annotated(listed_stems(lists / "training.txt"), images, labels, folder);
  benchmark.test = annotated(listed_stems(lists / "validation.txt"), images, labels, folder);
}

}  // namespace

Benchmark load_bbbc039(const fs::path& folder) {
  Benchmark benchmark;
  benchmark.title = "BBBC039 (U2OS nuclei, Hoechst)";
  std::error_code error;
  if (fs::is_directory(folder / "train" / "images", error)) {
    benchmark.full = annotated_folder(folder / "train");
    benchmark.test = annotated_folder(folder / "val");
  } else {
    load_published(folder, benchmark);
  }
  benchmark.training = benchmark.full;
  if (!benchmark.full.empty()) benchmark.one = benchmark.full.front();
  benchmark.size_min = 18;
  benchmark.size_max = 56;
  benchmark.simulator = "nuclei";
  benchmark.paper = PaperParameters{2, 3, 3, 2, 0, 1};
  benchmark.split =
      "Not a data set of the paper, but the assay of BBBC006. The set's own split: trained on its training "
      "part " +
      range_text(benchmark.full) + ", one annotated image " + benchmark.one.name +
      " (the alphabetically first), tested on its validation part " + range_text(benchmark.test) + ".";
  return benchmark;
}

}  // namespace priorseg
