#include "priorseg/data/benchmark.h"

#include <algorithm>
#include <functional>
#include <map>

#include "priorseg/core/error.h"
#include "priorseg/data/benchmark_loaders.h"
#include "priorseg/data/image_list.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamesShown = 3;

void check_roles(const Benchmark& benchmark, const fs::path& folder) {
  if (benchmark.full.empty() || benchmark.test.empty()) {
    throw Error(folder.string() + " has " + std::to_string(benchmark.full.size()) +
                " annotated images to learn from and " + std::to_string(benchmark.test.size()) +
                " to test on (" + benchmark.name +
                "), expected at least one of each; see docs/developer/datasets.md");
  }
}

}  // namespace

const std::vector<std::string>& benchmark_names() {
  static const std::vector<std::string> names = {"bbbc006", "fluo-n2dh-sim+", "phc-c2dl-psc",
                                                 "bbbc039", "simulated-hl60", "folder"};
  return names;
}

Benchmark load_benchmark(const std::string& name, const fs::path& folder, const FolderSplit& split) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw Error(folder.string() + " is no folder, expected the folder of the unpacked data set " + name);
  const std::map<std::string, std::function<Benchmark()>> loaders = {
      {"bbbc006", [&] { return load_bbbc006(folder); }},
      {"fluo-n2dh-sim+", [&] { return load_fluo_sim(folder); }},
      {"phc-c2dl-psc", [&] { return load_phc_psc(folder); }},
      {"bbbc039", [&] { return load_bbbc039(folder); }},
      {"simulated-hl60", [&] { return load_simulated_hl60(folder); }},
      {"folder", [&] { return load_image_folder(folder, split); }}};
  const auto loader = loaders.find(name);
  if (loader == loaders.end()) {
    std::string known;
    for (const auto& entry : benchmark_names()) known += (known.empty() ? "" : ", ") + entry;
    throw Error("data set '" + name + "' is not known, expected one of " + known);
  }
  Benchmark benchmark = loader->second();
  benchmark.name = name;
  check_roles(benchmark, folder);
  return benchmark;
}

fs::path unpacked_folder(const fs::path& folder, const std::string& name, const std::string& expected) {
  std::error_code error;
  if (fs::is_directory(folder / name / name, error)) return folder / name / name;
  if (fs::is_directory(folder / name, error)) return folder / name;
  throw Error(folder.string() + " holds no folder " + name + ", expected " + expected +
              "; see docs/developer/datasets.md");
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw Error("cannot read the folder " + folder.string() + ": " + error.message());
  for (const auto& entry : entries)
    if (entry.is_regular_file(error) && entry.path().filename().string().front() != '.')
      files.push_back(entry.path());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text += (i ? ", " : "") + names[i];
  return names.size() > kNamesShown ? text + ", ..." : text;
}

std::string range_text(const std::vector<BenchmarkImage>& images) {
  if (images.empty()) return "none";
  const std::string count = " (" + std::to_string(images.size()) + ")";
  if (images.size() == 1) return images.front().name + count;
  return images.front().name + " to " + images.back().name + count;
}

}  // namespace priorseg
