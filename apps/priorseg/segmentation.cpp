#include "segmentation.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
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

/// Takes the pieces of an image from top to bottom and makes label map, measurements and overlay of them,
/// without holding the image.
class ImageResults {
 public:
  ImageResults(const ImageFrame& frame, const fs::path& label_map)
      : frame_(frame),
        label_map_(label_map),
        labels_(frame.height, frame.width),
        measurements_(frame.width),
        overlay_(frame.channels, frame.height, frame.width) {}

  void add(const FoundRows& piece) {
    const auto scores = piece.found.instances.scores.contiguous();
    for (const int64_t object : labels_.add(piece.found.objects))
      scores_.push_back(scores.data_ptr<float>()[object]);
    if (piece.rows.first == piece.rows.last) return;
    const auto rows = labels_.take_rows(piece.rows.last);
    measurements_.add_rows(rows, piece.pixels);
    overlay_.add_rows(piece.pixels, rows);
    if (!writer_) {
      const bool whole = piece.rows.last == frame_.height;
      const int64_t highest = whole ? labels_.num_labels() : std::numeric_limits<int32_t>::max();
      writer_.emplace(label_map_, frame_.height, frame_.width, highest, frame_.pixel_size);
    }
    writer_->append(rows);
  }

  std::vector<ObjectMeasurements> objects() { return measurements_.finish(scores_); }
  const RunningOverlay& overlay() const { return overlay_; }
  /// The label map appears.
  void finish() { writer_->finish(); }

 private:
  const ImageFrame& frame_;
  fs::path label_map_;
  RunningLabelMap labels_;
  RunningMeasurements measurements_;
  RunningOverlay overlay_;
  std::vector<float> scores_;  // of label l at entry l - 1
  std::optional<LabelMapWriter> writer_;
};

SegmentedImage segment_image(const fs::path& path, const std::string& stem, const FindObjects& find,
                             const OutputFolder& folder, ObjectsCsv& csv, bool with_pictures) {
  const auto start = std::chrono::steady_clock::now();
  ImageReader reader(path);
  const ImageFrame& frame = reader.frame();
  ImageResults results(frame, folder.labels() / (stem + ".tif"));
  const ImageSource source{frame.channels, frame.height, frame.width, frame.quantum(),
                           [&](int64_t first, int64_t last) { return reader.read_rows(first, last); }};
  find(source, [&](const FoundRows& piece) { results.add(piece); });

  SegmentedImage result;
  result.objects = results.objects();
  const auto overlay = results.overlay().draw_overlay();
  // The label map appears last: where it exists, the image is finished.
  csv.add(stem, result.objects);
  write_png(folder.overlays() / (stem + ".png"), overlay);
  results.finish();

  result.report.name = path.filename().string();
  result.report.objects = std::ssize(result.objects);
  std::vector<double> areas;
  for (const auto& object : result.objects) areas.push_back(static_cast<double>(object.area));
  if (!areas.empty()) result.report.median_area = median_of(areas);
  result.report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (with_pictures) {
    result.report.overlay_png = report_picture(overlay);
    result.report.raw_png = report_picture(results.overlay().draw_image());
  }
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

BatchResult segment_images(const std::vector<fs::path>& images, const FindObjects& find,
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
        auto image = segment_image(images[i], stems[i], find, folder, csv, with_pictures);
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

BatchResult segment_images(const std::vector<fs::path>& images, Detector& detector,
                           const OutputFolder& folder, bool resume, int64_t report_pictures,
                           const ProgressCallback& progress) {
  detector.set_training(false);
  const auto find = [&](const ImageSource& image, const TakeFound& give) {
    detector.find_in_bands(image, Detector::kBandPixels, give);
  };
  return segment_images(images, find, folder, resume, report_pictures, progress);
}

}  // namespace priorseg::program
