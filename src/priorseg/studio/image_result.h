#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "priorseg/image/image_input.h"
#include "priorseg/output/measurements.h"
#include "priorseg/pipeline/output_paths.h"
#include "priorseg/studio/corrections.h"

namespace priorseg {

/// Where the corrections of an image are kept in an output folder.
std::filesystem::path journal_of(const OutputPaths& folder, const std::string& stem);

/// What was found in one image, with its corrections. All functions may be called from several threads.
class ImageResult {
 public:
  /// @param planes  that the image was segmented with.
  /// @throws Error where there is no label map of a single picture, or the journal cannot be used.
  ImageResult(const std::filesystem::path& image, const PlaneChoice& planes, const OutputPaths& folder,
              const std::string& stem);

  /// Outlines and measurements of all objects, as text of JSON: {"width", "height", "revision", "can_undo",
  /// "can_redo", "remark", "columns": names as in objects.csv, "rows": values of each object, its label
  /// first, null where unknown, "changed": labels of those that were corrected, "outlines": of each object
  /// its rings, [x, y, x, y, ...] each, along pixel edges}.
  std::string describe();
  /// See Corrections::apply.
  void apply(const nlohmann::json& action, int64_t revision);

  /// The label map as it is now, and measurements by label.
  struct Present {
    torch::Tensor labels;
    std::vector<ObjectMeasurements> objects;
  };
  Present present();

 private:
  std::vector<ObjectMeasurements> measure() const;

  ImageInput image_;
  std::mutex mutex_;
  std::vector<float> scores_, qualities_;  // of label l at entry l - 1, as they were found
  std::unique_ptr<Corrections> corrections_;
  std::string description_;  // of the present state; empty = not made yet
};

}  // namespace priorseg
