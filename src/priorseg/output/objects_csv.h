#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "priorseg/output/measurements.h"

namespace priorseg {

/// A table of all objects of a batch, one row an object, written image by image.
///
/// Columns carry CellProfiler's names and conventions, so that scripts for its tables work: positions count
/// from the centre of the first pixel (0.5 less than in ObjectMeasurements), bounding boxes end one past the
/// last pixel. Intensities are raw values (CellProfiler's go from 0 to 1). Unknown scores are empty. Numbers
/// have a decimal point in every locale. Fields with commas, quotes or line ends are quoted as in RFC 4180.
///
/// A new file replaces an old one at once and is complete after each image. If the program is killed in the
/// middle of a write, the rows of that image may be cut short. To continue such a batch, add an image's rows
/// before the file that marks the image as finished, and keep the rows of finished images only. Several
/// threads may add images.
class ObjectsCsv {
 public:
  /// Replaces the file at `path` by one with the header, and with the rows that the old file had for
  /// `kept_images` (of a run that is continued). Rows of other images are never kept.
  /// @throws Error where the file cannot be written, or holds a table with other columns while rows are to be
  /// kept.
  explicit ObjectsCsv(const std::filesystem::path& path, const std::set<std::string>& kept_images = {});

  /// Adds the rows of one image with one write. If it fails, the file is cut back to what it was.
  /// @throws Error where the file cannot be written.
  void add(const std::string& image, const std::vector<ObjectMeasurements>& objects);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::mutex mutex_;
};

}  // namespace priorseg
