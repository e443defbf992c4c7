#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/core/observer.h"
#include "priorseg/detector/detector.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/pipeline/output_folder.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {

/// What a report says about the run besides its images.
struct RunFacts {
  std::string title;
  std::string command_line;
  double seconds = 0;  ///< of the whole run
  Foreword foreword = {};
  std::string plate_pattern = "auto";  ///< as PlatePattern takes it
};

/// Writes report.html, images.csv and summary.csv into `folder`, with the inference options that the batch
/// was segmented with. The pictures of the shapes and of the losses come from the detector's prior and from
/// the folder's losses.csv, where there is one. Tells every warning of the report.
void write_batch_report(const BatchResult& batch, const Detector& detector, const InferenceOptions& inference,
                        uint64_t seed, OutputFolder& folder, const RunFacts& facts, Observer& observer);

/// The settings that such a report shows.
nlohmann::json settings_for_report(const Detector& detector, const InferenceOptions& inference);

/// The same of a batch whose detector is known by settings_for_report() alone: without the shapes.
void write_batch_report(const BatchResult& batch, const nlohmann::json& settings, OutputFolder& folder,
                        const RunFacts& facts, Observer& observer);

/// The same for the supervised baseline.
void write_baseline_report(const BatchResult& batch, const MaskRcnn& model,
                           const BaselineInferenceOptions& inference, OutputFolder& folder,
                           const RunFacts& facts, Observer& observer);

/// Date and time as a report shows them.
std::string report_date();

/// Writes a page with what is told of images before a training alone.
void write_foreword(const std::filesystem::path& path, const Foreword& foreword, const RunFacts& facts);

/// Tells how many objects there are and where the report is, the verdict, and whether images failed.
/// @param num_images  that the user gave.
void tell_outcome(const BatchResult& batch, size_t num_images, const OutputPaths& folder, Observer& observer);

}  // namespace priorseg
