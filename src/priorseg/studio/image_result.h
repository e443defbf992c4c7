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
#include "priorseg/studio/found_image.h"
#include "priorseg/studio/object_list.h"

namespace priorseg {

/// Where the corrections of a picture are kept in an output folder.
/// @param picture, num_pictures  of a film or stack each picture has a journal of its own.
std::filesystem::path journal_of(const OutputPaths& folder, const std::string& stem, int64_t picture,
                                 int64_t num_pictures);
/// Whether there is a journal of any picture of an image.
bool has_journal(const OutputPaths& folder, const std::string& stem);

/// What was found in one picture of an image, with its corrections. All functions may be called from several
/// threads.
class ImageResult {
 public:
  /// Outlines of more objects are only told where one looks.
  static constexpr size_t kMostWholeOutlines = 2000;

  /// @param picture  of a film or stack, from 0.
  /// @throws Error where there is no such picture, or the journal cannot be used.
  ImageResult(const FoundImage& found, const OutputPaths& folder, const std::string& stem, int64_t picture);

  /// Measurements of all objects, as text of JSON: list_objects() and {"revision", "can_undo", "can_redo",
  /// "can_correct", "remark", "changed": labels of those that were corrected}. Of at most kMostWholeOutlines
  /// objects also their outlines.
  std::string describe();
  /// Outlines of the objects whose bounding boxes meet `view`, as text of JSON: list_outlines() and
  /// {"revision"}.
  std::string outlines_in(const PixelBox& view);
  /// See Corrections::apply.
  void apply(const nlohmann::json& action, int64_t revision);

  /// Whether an object is another one than was found.
  bool is_corrected();
  /// The label map as it is now, and measurements by label.
  struct Present {
    torch::Tensor labels;
    std::vector<ObjectMeasurements> objects;
    int32_t labels_added = 0;  ///< labels above those that were found, of objects that were drawn or divided
  };
  /// @param with_channels  every channel of the file is measured, too, if that has several.
  Present present(bool with_channels = false);

 private:
  std::vector<ObjectMeasurements> measure(bool with_channels) const;
  const std::vector<ObjectMeasurements>& measured();

  ImageInput image_;
  int64_t picture_;
  FoundPicture found_;
  std::mutex mutex_;
  std::unique_ptr<Corrections> corrections_;
  std::vector<ObjectMeasurements> measured_;  // of the present state, once is_measured_
  bool is_measured_ = false;
  std::string description_;  // of the present state; empty = not made yet
};

}  // namespace priorseg
