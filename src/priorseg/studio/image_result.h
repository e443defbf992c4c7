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

/// What was found in one picture of an image, with its corrections; those of films and stacks have none. All
/// functions may be called from several threads.
class ImageResult {
 public:
  /// @param planes  that the image was segmented with.
  /// @param picture  of a film or stack, from 0.
  /// @throws Error where there is no label map of this picture, or the journal cannot be used.
  ImageResult(const std::filesystem::path& image, const PlaneChoice& planes, const OutputPaths& folder,
              const std::string& stem, int64_t picture);

  /// Outlines and measurements of all objects, as text of JSON: list_objects() and {"revision", "can_undo",
  /// "can_redo", "can_correct", "remark", "changed": labels of those that were corrected}.
  std::string describe();
  /// See Corrections::apply.
  void apply(const nlohmann::json& action, int64_t revision);

  /// Whether an object is another one than was found.
  bool is_corrected();
  /// The label map as it is now, and measurements by label.
  struct Present {
    torch::Tensor labels;
    std::vector<ObjectMeasurements> objects;
  };
  Present present();

 private:
  std::vector<ObjectMeasurements> measure() const;

  ImageInput image_;
  int64_t picture_, num_pictures_ = 1;
  std::mutex mutex_;
  std::vector<float> scores_, qualities_;  // of label l at entry l - 1, as they were found
  std::unique_ptr<Corrections> corrections_;
  std::string description_;  // of the present state; empty = not made yet
};

}  // namespace priorseg
