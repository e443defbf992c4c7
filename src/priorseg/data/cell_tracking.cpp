#include <algorithm>
#include <map>
#include <optional>

#include "priorseg/core/error.h"
#include "priorseg/data/benchmark_loaders.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// Files of one sequence by frame number.
using FileOfFrame = std::map<int64_t, fs::path>;

struct Range {
  int64_t first = 0, last = 0;  ///< frames, both included
};

/// The protocol of a data set of the Cell Tracking Challenge: it learns from sequence 02, tests on 01.
struct Protocol {
  std::vector<std::string> truths;  ///< endings of the folder of label maps, "GT" or "ST", preferred first
  Range training, test;
};

constexpr const char* kLayout =
    "the layout of the Cell Tracking Challenge: 01/t000.tif ..., 01_GT/SEG/man_seg000.tif ... (or 01_ST), "
    "the same with 02";

/// Files <prefix><number>.tif of a folder; empty where there is no such folder.
FileOfFrame numbered_files(const fs::path& folder, const std::string& prefix) {
  FileOfFrame files;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return files;
  for (const auto& path : files_in(folder)) {
    const std::string stem = path.stem().string();
    const std::string number = stem.starts_with(prefix) ? stem.substr(prefix.size()) : "";
    const bool is_number =
        !number.empty() && number.size() < 10 && number.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && path.extension() == ".tif") files.emplace(std::stoll(number), path);
  }
  return files;
}

/// Annotated frames of a sequence, in order; of the first kind of truth that covers the most frames.
std::vector<BenchmarkImage> annotated_frames(const fs::path& folder, const std::string& sequence,
                                             const std::vector<std::string>& truths) {
  const auto images = numbered_files(folder / sequence, "t");
  FileOfFrame labels;
  for (const auto& truth : truths) {
    const auto here = numbered_files(folder / (sequence + "_" + truth) / "SEG", "man_seg");
    if (here.size() > labels.size()) labels = here;
  }
  std::vector<BenchmarkImage> frames;
  for (const auto& [frame, path] : images) {
    const auto label = labels.find(frame);
    if (label == labels.end()) continue;
    frames.push_back({sequence + "_" + path.stem().string(), path, label->second});
  }
  return frames;
}

int64_t frame_of(const BenchmarkImage& image) {
  return std::stoll(image.name.substr(image.name.find("_t") + 2));
}

/// The frames of a range, if all of them are there.
std::optional<std::vector<BenchmarkImage>> whole_range(const std::vector<BenchmarkImage>& frames,
                                                       Range range) {
  std::vector<BenchmarkImage> chosen;
  std::copy_if(frames.begin(), frames.end(), std::back_inserter(chosen), [&](const BenchmarkImage& image) {
    return frame_of(image) >= range.first && frame_of(image) <= range.last;
  });
  if (std::ssize(chosen) != range.last - range.first + 1) return std::nullopt;
  return chosen;
}

/// Splits what is there where it is not the whole data set: by sequence where both have annotated frames,
/// else the first half of the frames against the rest.
void split_part(const std::vector<BenchmarkImage>& first, const std::vector<BenchmarkImage>& second,
                Benchmark& benchmark) {
  if (!first.empty() && !second.empty()) {
    benchmark.full = second;
    benchmark.test = first;
    return;
  }
  const auto& all = first.empty() ? second : first;
  const auto middle = all.begin() + std::ssize(all) / 2;
  benchmark.full.assign(all.begin(), middle);
  benchmark.test.assign(middle, all.end());
}

void load_sequences(const fs::path& folder, const Protocol& protocol, Benchmark& benchmark) {
  const auto first = annotated_frames(folder, "01", protocol.truths);
  const auto second = annotated_frames(folder, "02", protocol.truths);
  if (first.size() + second.size() < 2) {
    throw Error(folder.string() + " holds " + std::to_string(first.size() + second.size()) +
                " annotated frames, expected " + kLayout + "; see docs/developer/datasets.md");
  }
  const auto training = whole_range(second, protocol.training), test = whole_range(first, protocol.test);
  const bool is_papers = training && test;
  if (is_papers) {
    benchmark.full = *training;
    benchmark.test = *test;
  } else {
    split_part(first, second, benchmark);
  }
  benchmark.training = benchmark.full;
  benchmark.one = benchmark.full.front();
  benchmark.split = std::string(is_papers ? "The paper's split: "
                                          : "Not the paper's split, whose frames are not all there: ") +
                    "trained on " + range_text(benchmark.full) + ", one annotated image " +
                    benchmark.one.name + ", tested on " + range_text(benchmark.test) + ".";
}

}  // namespace

Benchmark load_fluo_sim(const fs::path& folder) {
  Benchmark benchmark;
  benchmark.title = "Fluo-N2DH-SIM+ (simulated HL60 nuclei)";
  load_sequences(folder, {{"GT"}, {0, 149}, {0, 64}}, benchmark);
  benchmark.cut.side = 256;
  benchmark.simulator = "nuclei";
  benchmark.paper = PaperParameters{1, 2, 1.5, 1.5, 1.2, 0};
  return benchmark;
}

Benchmark load_phc_psc(const fs::path& folder) {
  Benchmark benchmark;
  benchmark.title = "PhC-C2DL-PSC (pancreatic stem cells, phase contrast)";
  load_sequences(folder, {{"ST", "GT"}, {150, 250}, {150, 250}}, benchmark);
  benchmark.cut = {128, 256, 25};
  benchmark.size_min = 10;
  benchmark.size_max = 36;
  benchmark.simulator = "phase";
  benchmark.paper = PaperParameters{1, 2, 3, 3, 0, 2, 0.1, 0.6, true};
  return benchmark;
}

}  // namespace priorseg
