#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"
#include "priorseg/pipeline/annotated_input.h"
#include "priorseg/pipeline/output_folder.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {

/// What a job starts from.
struct RunInput {
  std::vector<ImageInput> images;  ///< raw images that are learned from, at least one
  /// Slices, frames and axes of all images; channel and projection are those of settings.detector.planes.
  PlaneChoice planes;
  std::vector<std::filesystem::path> segmented;  ///< images whose objects are found then; none = only train
  /// Shapes are learned from these label maps; none = from synthetic outlines.
  std::vector<LabelMapInput> label_maps;
  /// Images with their label maps that outlines are fitted to; none = the images of `label_maps`, by name.
  std::vector<AnnotatedInput> annotated;
  std::filesystem::path prior_file;         ///< a prior to use instead; empty = none
  std::shared_ptr<const ShapePrior> prior;  ///< the same, where it is in memory already
  bool estimate_sizes = false;              ///< from the images, instead of settings.detector.size
  bool restart = false;                     ///< what an earlier run left in the folder is ignored
  std::string device = "cpu";               ///< as find_device takes it
  int64_t report_pictures = kReportPictures;
  std::string plate_pattern = "auto";  ///< as PlatePattern takes it
  std::string title = "priorseg run";  ///< of the report
  std::string command_line;            ///< for the report
};

/// What a job ends with.
struct RunResult {
  Detector detector;
  Settings settings;                 ///< with what was chosen and estimated from the images
  std::optional<BatchResult> batch;  ///< where images were segmented
};

/// The whole job: what of the images is looked at, object sizes, shape prior, both stages of the training,
/// calibration, segmentation, report. Everything is written into `folder` (OutputFolder). A job that was
/// interrupted goes on where it stopped when it is run again with the same input, settings and folder, and
/// ends with the same bits.
///
/// @throws Error where no image can be read, the folder is in use, cannot be written or holds what must not
/// be replaced, names clash, or the folder belongs to another job. Stopped as soon as the observer asks for
/// it.
RunResult run(const RunInput& input, Settings settings, const std::filesystem::path& folder,
              Observer& observer);

}  // namespace priorseg
