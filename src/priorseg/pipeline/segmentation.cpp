#include "priorseg/pipeline/segmentation.h"

#include <torch/types.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/job_queue.h"
#include "priorseg/core/parallel.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/chart.h"
#include "priorseg/output/coco.h"
#include "priorseg/output/manifest.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/report_choice.h"
#include "priorseg/output/report_picture.h"
#include "priorseg/output/result_sink.h"
#include "priorseg/pipeline/batch_of_folder.h"
#include "priorseg/pipeline/further_results.h"
#include "priorseg/pipeline/labelled_image.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/provenance_record.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// Everything about one image that outlives it.
struct SegmentedImage {
  ReportImage report;
  std::vector<ObjectMeasurements> objects;
  std::vector<std::string> channels;        // of the file, if that has several
  std::unique_ptr<LabelMapSink> label_map;  // written, but it does not stand under its name yet
  ArtefactCounts artefacts{};
  int64_t num_pixels = 0;
  std::vector<std::string> remarks;  // ImageReader::remarks()
};

/// Hands the rows of one picture of a film or stack on to a sink that takes a single one.
class OfOnePicture : public ResultSink {
 public:
  OfOnePicture(ResultSink& sink, int64_t picture) : sink_(sink), picture_(picture) {}

  void begin_picture(const PicturePosition&) override { is_here_ = next_++ == picture_; }
  void add(const LabelledRows& piece) override {
    if (is_here_) sink_.add(piece);
  }
  void finish(const std::vector<ObjectMeasurements>& objects) override { sink_.finish(objects); }

 private:
  ResultSink& sink_;
  int64_t picture_, next_ = 0;
  bool is_here_ = false;
};

/// What the report tells of a segmented image.
void describe_image(const LabelledImage& image, int64_t num_pixels, SegmentedImage& result) {
  ReportImage& report = result.report;
  report.objects = std::ssize(result.objects);
  std::vector<double> areas;
  for (const auto& object : result.objects) areas.push_back(static_cast<double>(object.area));
  if (!areas.empty()) report.median_area = median_of(areas);
  report.evidence = image.evidence();
  report.evidence.mean_score = mean_score(result.objects);
  report.evidence.mean_quality = mean_quality(result.objects);
  result.artefacts = image.artefacts();
  result.num_pixels = num_pixels;
  report.left_out = describe_artefacts(result.artefacts, result.num_pixels);
}

/// Of the picture that a reader is at.
PicturePosition position_of(const ImageReader& reader) {
  const auto& picture = reader.picture();
  return {reader.structure(), picture.frame + 1, picture.first_slice + 1, picture.channel + 1,
          picture.num_slices > 1};
}

SegmentedImage segment_image(const fs::path& path, ImageReader& reader, const std::string& stem,
                             const FindObjects& find, const Provenance& made_with, OutputFolder& folder,
                             const std::function<bool(double)>& wants_pictures) {
  const auto start = std::chrono::steady_clock::now();
  const ImageInfo& info = reader.info();
  SegmentedImage result;
  result.remarks = reader.remarks();
  result.label_map =
      std::make_unique<LabelMapSink>(info, folder.label_map(stem), made_with, reader.stack_shape());
  OverlaySink overlay(info, folder.overlay(stem));
  OfOnePicture shown(overlay, reader.num_pictures() / 2);
  std::vector<ResultSink*> sinks = {result.label_map.get(), &shown};
  const auto further = further_results(path, reader, stem, made_with, folder);
  for (const auto& [file, sink] : further) sinks.push_back(sink.get());
  ImageSource::ReadRows read_channels;
  result.channels = reader.channel_names();
  if (!result.channels.empty())
    read_channels = [&](int64_t first, int64_t last) { return reader.read_rows_of_channels(first, last); };
  LabelledImage image(info, sinks, read_channels);
  for (int64_t picture = 0; picture < reader.num_pictures(); ++picture) {
    reader.go_to(picture);
    for (ResultSink* sink : sinks) sink->begin_picture(position_of(reader));
    find(reader.source(), [&](const FoundRows& piece) { image.add(piece); });
    image.end_picture(reader.picture().frame + 1, reader.picture().first_slice + 1);
  }
  result.objects = image.take_objects();
  folder.claim(folder.overlay(stem));
  overlay.finish(result.objects);
  for (const auto& [file, sink] : further) {
    folder.claim(file);
    sink->finish(result.objects);
  }

  describe_image(image, info.height * info.width * reader.num_pictures(), result);
  ReportImage& report = result.report;
  report.name = path.filename().string();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto verdict = judge_image(report.objects, report.evidence);
  if (wants_pictures(order_of_doubt(verdict, report.evidence))) {
    report.overlay_png = report_picture(overlay.overlay());
    report.raw_png = report_picture(overlay.draw_image());
  }
  return result;
}

SegmentedImage failed_image(const fs::path& path, const std::exception& error) {
  SegmentedImage failed;
  failed.report.name = path.filename().string();
  failed.report.failure = error.what();
  return failed;
}

/// What a user should know of an image: what was chosen or left out in it, and what speaks against it.
std::vector<std::string> warnings_of(const SegmentedImage& image) {
  auto warnings = image.remarks;
  const ReportImage& report = image.report;
  if (!report.failure.empty()) return warnings;
  if (!report.left_out.empty()) warnings.push_back("left out: " + report.left_out);
  const auto verdict = judge_image(report.objects, report.evidence);
  if (verdict.trust != Trust::kGood)
    for (const auto& reason : verdict.reasons) warnings.push_back(name_of(verdict.trust) + ": " + reason);
  return warnings;
}

/// What is written of each image beside its own files.
struct BatchTables {
  ObjectsCsv objects;
  Manifest manifest;
};

/// @param place  of the image in the plan, from 0.
ManifestEntry entry_of(const SegmentedImage& image, size_t place, const OutputFolder& folder) {
  const Shard& shard = folder.shard();
  ManifestEntry entry;
  entry.index = shard.number + static_cast<int64_t>(place) * shard.count;
  entry.stem = folder.stems()[place];
  entry.image = image.report;
  entry.artefacts = image.artefacts;
  entry.num_pixels = image.num_pixels;
  entry.warnings = warnings_of(image);
  entry.finished = utc_now();
  return entry;
}

/// The table gets its rows, then the label map appears; both or none where that fails.
void write_image_results(const SegmentedImage& image, size_t place, BatchTables& tables,
                         OutputFolder& folder) {
  const std::string& stem = folder.stems()[place];
  folder.claim(folder.label_map(stem));
  tables.objects.add(stem, image.objects, image.channels);
  try {
    image.label_map->finish(image.objects);
    tables.manifest.add(entry_of(image, place, folder));
  } catch (...) {
    tables.objects.take_back();
    throw;
  }
  folder.finish_image(stem, std::ssize(image.objects));
}

void add_to_batch(SegmentedImage image, const fs::path& path, size_t place, BatchTables& tables,
                  OutputFolder& folder, BatchResult& batch, Observer& observer) {
  if (image.label_map) {
    try {
      write_image_results(image, place, tables, folder);
    } catch (const std::exception& error) {
      image = failed_image(path, error);
    }
  }
  if (!image.report.failure.empty()) {
    folder.drop_image(folder.stems()[place]);
    tables.manifest.add(entry_of(image, place, folder));
    observer.error(image.report.failure);
    ++batch.failures;
  }
  for (const auto& object : image.objects) {
    batch.object_diameters.push_back(2 * std::sqrt(static_cast<double>(object.area) / M_PI));
    batch.object_scores.push_back(object.score);
    if (std::isfinite(object.quality)) batch.object_qualities.push_back(object.quality);
  }
  for (size_t kind = 1; kind < image.artefacts.size(); ++kind) batch.artefacts[kind] += image.artefacts[kind];
  batch.num_pixels += image.num_pixels;
  batch.images_with_artefacts += image.report.left_out.empty() ? 0 : 1;
  batch.images.push_back(std::move(image.report));
}

void tell_artefacts(const BatchResult& batch, Observer& observer) {
  if (batch.images_with_artefacts == 0) return;
  observer.info("left out of " + std::to_string(batch.images_with_artefacts) + " of " +
                std::to_string(batch.images.size()) + " images, because it is no picture: " +
                describe_artefacts(batch.artefacts, batch.num_pixels) +
                " (of all pixels); hatched in the overlays");
}

/// One file for all images, those of earlier calls too.
void write_coco(const Provenance& made_with, OutputFolder& folder) {
  std::vector<fs::path> parts;
  for (const auto& stem : folder.images_of_coco()) parts.push_back(folder.coco_part(stem));
  if (parts.empty() && !folder.forms().contains(ResultForm::kCoco)) return;
  join_coco_parts(folder.claim(folder.coco()), parts, made_with);
}

}  // namespace

BatchResult segment_images(const std::vector<fs::path>& images, const FindObjects& find,
                           const Provenance& made_with, OutputFolder& folder, int64_t report_pictures,
                           Observer& observer, const PlaneChoice& planes) {
  const auto& stems = folder.stems();
  const auto& finished = folder.finished_images();
  std::vector<size_t> open;
  for (size_t i = 0; i < images.size(); ++i)
    if (!finished.contains(stems[i])) open.push_back(i);
  if (!finished.empty())
    observer.info(std::to_string(finished.size()) + " images were finished before and left as they are");

  const auto kept = folder.begin_images();
  BatchTables tables{ObjectsCsv(folder.claim(folder.objects()), kept),
                     Manifest(folder.claim(folder.manifest()), kept)};
  std::vector<std::string> open_stems;
  for (const size_t image : open) open_stems.push_back(stems[image]);
  note_provenance(folder, open_stems, made_with);
  PictureChoice pictures(std::ssize(open), report_pictures);
  DoubtfulObjects doubtful;
  RemarkTeller teller(observer);
  BatchResult batch;
  std::vector<std::unique_ptr<ImageReader>> readers(open.size());
  std::vector<SegmentedImage> segmented(open.size());
  const auto or_failed = [&](size_t job, const auto& action) {
    try {
      action(images[open[job]], stems[open[job]]);
    } catch (const std::exception& error) {
      segmented[job] = failed_image(images[open[job]], error);
    }
  };
  const auto num_pixels = [&](size_t job) {
    observer.check_stop();
    or_failed(job, [&](const auto& path, const auto&) {
      readers[job] = std::make_unique<ImageReader>(ImageInput(path).with_planes(planes));
    });
    return readers[job] ? readers[job]->info().height * readers[job]->info().width : 0;
  };
  const auto work = [&](size_t job) {
    const auto reader = std::move(readers[job]);
    if (!reader) return;
    or_failed(job, [&](const auto& path, const auto& stem) {
      const auto wants_pictures = [&](double score) {
        return pictures.may_be_shown(static_cast<int64_t>(job), score);
      };
      segmented[job] = segment_image(path, *reader, stem, find, made_with, folder, wants_pictures);
    });
  };
  const auto finish = [&](size_t job) {
    teller.tell(images[open[job]].string(), segmented[job].remarks);
    doubtful.add(images[open[job]].filename().string(), segmented[job].objects);
    add_to_batch(std::exchange(segmented[job], {}), images[open[job]], open[job], tables, folder, batch,
                 observer);
    observer.progress(
        {"segment", std::ssize(finished) + static_cast<int64_t>(job) + 1, std::ssize(images), {}});
  };
  run_jobs(std::ssize(open), {num_threads(), Detector::kBandPixels}, num_pixels, work, finish);
  write_coco(made_with, folder);
  teller.finish();
  tell_artefacts(batch, observer);
  batch.doubtful_objects = doubtful.lowest();
  for (size_t i = 0; i < batch.images.size(); ++i)
    if (!pictures.is_shown(static_cast<int64_t>(i)))
      batch.images[i].overlay_png = batch.images[i].raw_png = {};
  if (!finished.empty())
    return with_earlier_images(batch, open_stems, {stems.begin(), stems.end()}, folder, report_pictures,
                               observer);
  return batch;
}

BatchResult segment_images(const std::vector<fs::path>& images, const Detector& detector,
                           const InferenceOptions& inference, OutputFolder& folder, int64_t report_pictures,
                           Observer& observer, const PlaneChoice& planes) {
  const auto find = [&](const ImageSource& image, const TakeFound& give) {
    detector.find_in_bands(image, Detector::kBandPixels, inference, give, observer);
  };
  const auto made_with = provenance_of(detector, inference, folder);
  auto batch = segment_images(images, find, made_with, folder, report_pictures, observer, planes);
  judge(batch, false);
  return batch;
}

void judge(BatchResult& batch, bool were_learned_from) {
  std::vector<JudgedImage> judged;
  std::vector<double> counts;
  for (const auto& image : batch.images)
    if (image.failure.empty()) counts.push_back(static_cast<double>(image.objects));
  const bool most_have_objects = !counts.empty() && median_of(counts) >= 1;
  for (auto& image : batch.images) {
    if (!image.failure.empty()) continue;
    image.verdict = judge_image(image.objects, image.evidence);
    if (image.objects == 0 && most_have_objects && image.verdict->trust == Trust::kGood)
      image.verdict = {Trust::kLook, {"nothing was found, while most images have objects"}};
    judged.push_back({image.name, image.objects, *image.verdict});
  }
  batch.verdict.reset();
  if (!judged.empty()) batch.verdict = judge_set(judged, were_learned_from);
}

BatchResult segment_images(const std::vector<fs::path>& images, const MaskRcnn& model,
                           const BaselineInferenceOptions& inference, OutputFolder& folder,
                           int64_t report_pictures, Observer& observer) {
  const auto find = [&](const ImageSource& image, const TakeFound& give) {
    model.check_size(image.height, image.width);
    const Image whole(image.read(0, image.height), image);
    FoundRows all;
    all.found = model.find(whole, inference);
    all.rows = {0, image.height};
    all.pixels = whole.pixels;
    give(all);
  };
  const auto made_with = provenance_of(model, inference, folder);
  return segment_images(images, find, made_with, folder, report_pictures, observer);
}

}  // namespace priorseg
