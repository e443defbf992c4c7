#include <map>
#include <regex>

#include "priorseg/core/error.h"
#include "priorseg/data/benchmark_loaders.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr const char* kImages = "BBBC006_v1_images_z_16";
constexpr const char* kLabels = "BBBC006_v1_labels";
constexpr size_t kPublished = 768;  // images of one channel in focus
constexpr size_t kFull = 96;        // a01 s1 to b24 s2

/// Files by well and site, "a01_s1".
using FileOfSite = std::map<std::string, fs::path>;

/// @param pattern  whose groups are well and site.
FileOfSite files_of_sites(const fs::path& folder, const std::regex& pattern) {
  FileOfSite files;
  for (const auto& path : files_in(folder)) {
    std::smatch parts;
    const std::string name = path.filename().string();
    if (!std::regex_match(name, parts, pattern)) continue;
    std::string well = parts[1];
    well[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(well[0])));
    const auto [entry, added] = files.emplace(well + "_s" + parts[2].str(), path);
    if (!added) {
      throw Error("the files " + entry->second.filename().string() + " and " + name + " in " +
                  folder.string() + " both stand for " + entry->first +
                  ", expected one of channel w1 a site; keep the archive of one focal plane only");
    }
  }
  return files;
}

FileOfSite published_files(const fs::path& folder, const char* name, const char* pattern,
                           const char* example) {
  const auto inner = unpacked_folder(
      folder, name,
      std::string("the unpacked archives ") + kImages + ".zip and " + kLabels + ".zip side by side");
  auto files = files_of_sites(inner, std::regex(pattern, std::regex::icase));
  if (files.empty())
    throw Error(inner.string() + " holds no file like " + example +
                ", expected those of BBBC006 as published");
  return files;
}

}  // namespace

Benchmark load_bbbc006(const fs::path& folder) {
  const auto images =
      published_files(folder, kImages, R"(mcf-z-stacks-03212011_([a-p]\d\d)_s(\d)_w1.*\.tiff?)",
                      "mcf-z-stacks-03212011_a01_s1_w1....tif");
  const auto labels = published_files(folder, kLabels, R"(mcf-z-stacks-03212011_([a-p]\d\d)_s(\d)\.png)",
                                      "mcf-z-stacks-03212011_a01_s1.png");
  Benchmark benchmark;
  benchmark.title = "BBBC006 (U2OS nuclei, Hoechst, in focus)";
  std::vector<std::string> missing;
  for (const auto& [site, path] : images) {
    const auto label = labels.find(site);
    if (label == labels.end()) {
      missing.push_back(site);
      continue;
    }
    const bool is_training = site.front() <= 'b';
    (is_training ? benchmark.full : benchmark.test).push_back({site, path, label->second});
  }
  if (!missing.empty()) {
    throw Error(std::string(kLabels) + " lacks " + std::to_string(missing.size()) + " of " +
                std::to_string(images.size()) + " label maps (" + first_names(missing) +
                "), expected one for each image of channel w1; unpack the whole archive");
  }
  if (!benchmark.full.empty() && benchmark.full.front().name != "a01_s1") {
    throw Error("the first image of " + std::string(kImages) + " is " + benchmark.full.front().name +
                ", expected a01_s1: it is the one annotated image of the protocol");
  }
  benchmark.training = benchmark.full;
  if (!benchmark.full.empty()) benchmark.one = benchmark.full.front();
  benchmark.cut.crop = 256;
  benchmark.size_min = 18;
  benchmark.size_max = 56;
  benchmark.simulator = "nuclei";
  benchmark.paper = PaperParameters{2, 3, 3, 2, 0, 1};
  const bool is_whole = images.size() == kPublished && benchmark.full.size() == kFull;
  benchmark.split =
      std::string(is_whole ? "The paper's split: " : "A part of the data set, split as in the paper: ") +
      "trained on " + range_text(benchmark.full) + ", one annotated image " + benchmark.one.name +
      ", tested on " + range_text(benchmark.test) + ".";
  return benchmark;
}

}  // namespace priorseg
