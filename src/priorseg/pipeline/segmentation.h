#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/detector.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/provenance.h"
#include "priorseg/output/report.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// What was found in one image.
struct Segmentation {
  torch::Tensor labels;                     ///< [H,W] int32, 0 = background, labels 1, 2, ... without a gap
  std::vector<ObjectMeasurements> objects;  ///< by label
  std::string left_out;                     ///< artefacts (describe_artefacts), empty = none
  ImageEvidence evidence;
  Verdict verdict;
};

/// Segments an image in memory. Label map and measurements are those that segment_images would write.
/// @throws Error from inference.validate(); Stopped.
Segmentation segment_image(const ImageSource& image, const Detector& detector,
                           const InferenceOptions& inference, Observer& observer);

/// The same of what was found in an image already.
/// @param found  the whole image in one piece.
Segmentation label_found(const ImageInfo& image, const FoundRows& found);

/// What the report needs to know of a segmented batch.
struct BatchResult {
  std::vector<ReportImage> images;
  std::vector<double> object_diameters;  ///< diameters of disks of equal area, px
  std::vector<double> object_scores;
  std::vector<double> object_qualities;          ///< those that are known
  std::vector<DoubtfulObject> doubtful_objects;  ///< those whose outlines are least likely good
  int64_t failures = 0;
  ArtefactCounts artefacts{};  ///< of all images together, px
  int64_t num_pixels = 0;      ///< of all images together
  int64_t images_with_artefacts = 0;
  std::optional<Verdict> verdict;  ///< on all images; nothing for the baseline, or where all failed
};

constexpr int64_t kReportPictures = 24;

/// Takes one piece of what was found in an image after the other, from top to bottom.
using TakeFound = std::function<void(const FoundRows&)>;
/// Finds the objects of an image and hands them over. Several threads may call it at the same time.
using FindObjects = std::function<void(const ImageSource& image, const TakeFound& give)>;

/// Segments the images that are not finished yet (OutputFolder) and writes each one as it finishes:
/// labels/<stem>.tif, overlays/<stem>.png, the further forms of the plan and its rows of objects.csv, in the
/// order of the images, and of manifest.jsonl; coco.json in the end, of all images of the folder that are to
/// be in it. As many are worked on at the same time as there are threads, as long as they have at most
/// Detector::kBandPixels pixels together. An image that cannot be read or written is reported, the others are
/// done. Images of more than Detector::kBandPixels pixels go through in bands: their label maps have 32 bits,
/// and labels are numbered from top to bottom, band by band, instead of by score. ReportImage::seconds goes
/// from the opened file to the finished label map, with table and overlay.
///
/// @param images           those of the plan that `folder` was opened with.
/// @param made_with        what every result tells of its origin.
/// @param report_pictures  at most so many images get pictures in the result (PictureChoice).
/// @param planes           of files that hold several: each picture (choose_planes) is segmented by itself;
/// label
///                         maps are stacks of the same frames and slices, in which labels go on from page to
///                         page, and the overlay shows the picture in the middle. What is to be told of such
///                         files is.
/// @throws Stopped within the work on an image; of that image nothing is left then.
BatchResult segment_images(const std::vector<std::filesystem::path>& images, const FindObjects& find,
                           const Provenance& made_with, OutputFolder& folder, int64_t report_pictures,
                           Observer& observer, const PlaneChoice& planes = {});

/// Puts the verdict on each image and on all together into a batch that a detector has segmented.
void judge(BatchResult& batch, bool were_learned_from);

/// The same with a detector, judged as images that were not learned from.
BatchResult segment_images(const std::vector<std::filesystem::path>& images, const Detector& detector,
                           const InferenceOptions& inference, OutputFolder& folder, int64_t report_pictures,
                           Observer& observer, const PlaneChoice& planes = {});

/// The same with Mask R-CNN; it takes images of at most MaskRcnn::kMostPixels.
BatchResult segment_images(const std::vector<std::filesystem::path>& images, const MaskRcnn& model,
                           const BaselineInferenceOptions& inference, OutputFolder& folder,
                           int64_t report_pictures, Observer& observer);

}  // namespace priorseg
