#include "segmentation.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/chart.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/overlay.h"
#include "priorseg/output/report_picture.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

/// Everything about one image that outlives it.
struct SegmentedImage {
  ReportImage report;
  std::vector<ObjectMeasurements> objects;
};

SegmentedImage segment_image(const fs::path& path, const std::string& stem, Detector& detector,
                             const OutputFolder& folder, ObjectsCsv& csv, bool with_pictures) {
  const auto start = std::chrono::steady_clock::now();
  const Image image = read_image(path);
  const auto found = detector.find(image.pixels, image.is_float ? 0 : 1);
  const auto map = compose_label_map(found.objects, image.pixels.size(1), image.pixels.size(2));
  std::vector<float> scores;
  const auto all_scores = found.instances.scores.contiguous();
  for (const int64_t object : map.object_of_label) scores.push_back(all_scores.data_ptr<float>()[object]);

  SegmentedImage result;
  result.objects = measure_objects(map.labels, image.pixels, scores);
  const auto overlay = draw_overlay(image.pixels, map.labels);
  // The label map is written last: where it exists, the image is finished.
  csv.add(stem, result.objects);
  write_png(folder.overlays() / (stem + ".png"), overlay);
  write_label_map(folder.labels() / (stem + ".tif"), map.labels, image.pixel_size);

  result.report.name = path.filename().string();
  result.report.objects = std::ssize(result.objects);
  std::vector<double> areas;
  for (const auto& object : result.objects) areas.push_back(static_cast<double>(object.area));
  if (!areas.empty()) result.report.median_area = median_of(areas);
  if (with_pictures) {
    result.report.overlay_png = report_picture(overlay);
    result.report.raw_png = report_picture(draw_image(image.pixels));
  }
  result.report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

std::set<std::string> finished_stems(const std::vector<std::string>& stems, const OutputFolder& folder) {
  std::set<std::string> finished;
  for (const auto& stem : stems) {
    if (fs::exists(folder.labels() / (stem + ".tif"))) finished.insert(stem);
  }
  return finished;
}

}  // namespace

BatchResult segment_images(const std::vector<fs::path>& images, Detector& detector,
                           const OutputFolder& folder, bool resume, int64_t report_pictures,
                           const ProgressCallback& progress) {
  const auto stems = output_stems(images);
  const auto finished = resume ? finished_stems(stems, folder) : std::set<std::string>();
  ObjectsCsv csv(folder.objects(), finished);
  BatchResult batch;
  for (size_t i = 0; i < images.size(); ++i) {
    if (!finished.contains(stems[i])) {
      try {
        const bool with_pictures = std::ssize(batch.images) < report_pictures;
        auto image = segment_image(images[i], stems[i], detector, folder, csv, with_pictures);
        for (const auto& object : image.objects) {
          batch.object_diameters.push_back(2 * std::sqrt(static_cast<double>(object.area) / M_PI));
          batch.object_scores.push_back(object.score);
        }
        batch.images.push_back(std::move(image.report));
      } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        ReportImage failed;
        failed.name = images[i].filename().string();
        failed.failure = error.what();
        batch.images.push_back(failed);
        ++batch.failures;
      }
    }
    progress({"segment", static_cast<int64_t>(i) + 1, std::ssize(images), {}});
  }
  if (!finished.empty()) spdlog::info("{} images were finished before and left as they are", finished.size());
  return batch;
}

}  // namespace priorseg::program
