#include "priorseg/pipeline/calibration.h"

#include <torch/torch.h>

#include <algorithm>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/eval/scores.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/image_source.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 22;  // of all images together, if there is more than one
constexpr int kLowestLevel = 20, kHighestLevel = 80, kLevelStep = 5;  // percent
/// SEG below which the objects found and annotated are probably not of the same image.
constexpr double kLeastFit = 0.3;

struct AnnotatedPixels {
  Image image;
  torch::Tensor labels;  // [H,W]
};

AnnotatedPixels read_pixels(const AnnotatedInput& annotated) {
  ImageReader reader(annotated.image);
  const ImageInfo& info = reader.info();
  const auto labels = annotated.labels.read();
  if (labels.size(0) != info.height || labels.size(1) != info.width) {
    const auto size = [](int64_t width, int64_t height) {
      return std::to_string(width) + " x " + std::to_string(height) + " px";
    };
    throw Error(annotated.labels.name() + " has " + size(labels.size(1), labels.size(0)) + " and its image " +
                std::filesystem::path(annotated.image.name()).filename().string() + " " +
                size(info.width, info.height) + ", expected the same size");
  }
  return {reader.read(), labels};
}

/// As many files as hold kMostPixels where all are as large as the first one, evenly spread.
std::vector<AnnotatedPixels> read_some(const std::vector<AnnotatedInput>& annotated) {
  std::vector<AnnotatedPixels> images = {read_pixels(annotated.front())};
  const int64_t most = std::max<int64_t>(1, kMostPixels / images.front().labels.numel());
  const auto indices = spread_indices(annotated.size(), most);  // the first one is the first file
  for (size_t i = 1; i < indices.size(); ++i) images.push_back(read_pixels(annotated[indices[i]]));
  return images;
}

torch::Tensor found_labels(const Detector& detector, const InferenceOptions& inference, const Image& image,
                           Observer& observer) {
  RunningLabelMap labels(image.height, image.width);
  std::vector<torch::Tensor> rows;
  const auto take = [&](const FoundRows& piece) {
    labels.add(piece.found.objects);
    if (piece.rows.first < piece.rows.last) rows.push_back(labels.take_rows(piece.rows.last));
  };
  detector.find_in_bands(image, Detector::kBandPixels, inference, take, observer);
  return torch::cat(rows);
}

double fit_at(const Detector& detector, double level, const std::vector<AnnotatedPixels>& images,
              Observer& observer) {
  auto inference = detector.options().inference;
  inference.mask_threshold = level;
  Tally tally;
  for (const auto& image : images) {
    observer.check_stop();
    tally += tally_objects(image.labels, found_labels(detector, inference, image.image, observer));
  }
  return tally.num_truth > 0 ? figures_of(tally).seg : 0;
}

/// @param count  images that were looked at, the first file among them.
std::string names_of(const std::vector<AnnotatedInput>& annotated, size_t count) {
  return annotated.front().name + (count > 1 ? " and " + std::to_string(count - 1) + " others" : "");
}

}  // namespace

void calibrate(Detector& detector, const std::vector<AnnotatedInput>& annotated, Observer& observer) {
  const auto images = read_some(annotated);
  const auto before = detector.options().inference;
  const double fit_before = fit_at(detector, before.mask_threshold, images, observer);
  double best_fit = fit_before, best_level = before.mask_threshold;
  for (int percent = kLowestLevel; percent <= kHighestLevel; percent += kLevelStep) {
    const double level = percent / 100.0;
    const double fit =
        level == before.mask_threshold ? fit_before : fit_at(detector, level, images, observer);
    observer.progress(
        {"calibrate", percent - kLowestLevel + kLevelStep, kHighestLevel - kLowestLevel + kLevelStep, {}});
    if (fit > best_fit) best_fit = fit, best_level = level;
  }
  if (best_fit < kLeastFit) {
    throw Error("what was found has little in common with the annotation of " +
                names_of(annotated, images.size()) + " (SEG " + fixed_number(best_fit, 2) +
                "), expected label maps of these images; look at the overlays, or annotate other images");
  }
  detector.calibrate(best_level);
  observer.info("masks are cut at " + fixed_number(best_level, 2) + ": so they fit the annotation of " +
                names_of(annotated, images.size()) + " best (SEG " + fixed_number(best_fit, 3) + "; " +
                fixed_number(fit_before, 3) + " at " + fixed_number(before.mask_threshold, 2) + ")");
}

void calibrate_or_tell(Detector& detector, const std::vector<AnnotatedInput>& annotated, Observer& observer) {
  const double level = detector.options().inference.mask_threshold;
  if (annotated.empty()) {
    observer.info("masks are cut at " + fixed_number(level, 2) +
                  ": no image that was learned from has the name of a label map");
    return;
  }
  try {
    calibrate(detector, annotated, observer);
  } catch (const Error& error) {
    observer.warn("masks are cut at " + fixed_number(level, 2) + ": " + error.what());
  }
}

}  // namespace priorseg
