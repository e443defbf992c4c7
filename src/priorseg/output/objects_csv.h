#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "priorseg/output/measurements.h"

namespace priorseg {

/// A column of the table beside image and label.
struct ObjectColumn {
  const char* name;
  bool whole;  ///< its values are whole numbers
  double (*value)(const ObjectMeasurements&);
};

/// All of them, in the order of the table.
std::span<const ObjectColumn> object_columns();

/// A table of all objects of a batch, one row an object, written image by image.
///
/// Columns carry CellProfiler's names and conventions, so that scripts for its tables work: positions count
/// from the centre of the first pixel (0.5 less than in ObjectMeasurements), bounding boxes end one past the
/// last pixel. Intensities are raw values (CellProfiler's go from 0 to 1). Columns that end in _um and _um2
/// are empty where the size of a pixel is not known, and so are unknown scores. Where files hold several
/// channels, four columns for each name of a channel follow (Intensity_MeanIntensity_DAPI and so on); they
/// come with the first image that has the channel, and are empty for images that do not. Numbers have a
/// decimal point in every locale. Fields with commas, quotes or line ends are quoted as in RFC 4180; bytes of
/// a name that are no UTF-8 are written as \xE9 (core/utf8.h).
///
/// A new file replaces an old one at once and is complete after each image. If the program is killed in the
/// middle of a write, the rows of that image may be cut short: count_rows_of_images() tells which are whole.
/// Several threads may add images.
class ObjectsCsv {
 public:
  /// Replaces the file at `path` by one with the header, and with the rows that the old file had for
  /// `kept_images` (of a run that is continued). Rows of other images are never kept.
  /// @throws Error where the file cannot be written, or holds a table with other columns while rows are to be
  /// kept.
  explicit ObjectsCsv(const std::filesystem::path& path, const std::set<std::string>& kept_images = {});

  /// Adds the rows of one image with one write. If it fails, the file is cut back to what it was.
  /// @param channels  names of ObjectMeasurements::channels.
  /// @throws Error where the file cannot be written.
  void add(const std::string& image, const std::vector<ObjectMeasurements>& objects,
           const std::vector<std::string>& channels = {});

  /// Takes the rows of the last image that was added out again. Call it before another image is added.
  /// @throws Error where the file cannot be written.
  void take_back();

  const std::filesystem::path& path() const { return path_; }

 private:
  void add_columns(const std::vector<std::string>& channels);
  std::string channel_fields(const ObjectMeasurements& object,
                             const std::vector<std::string>& channels) const;

  std::filesystem::path path_;
  std::vector<std::string> channels_;  // that have columns
  uintmax_t last_size_ = 0;            // before the last image was added, bytes
  std::mutex mutex_;
};

/// Gives the header of the table at `path`, then every whole row, as fields without quotes: image, label, and
/// numbers, empty where unknown. Gives nothing where there is no table, or one with other columns.
void for_each_line_of_objects(
    const std::filesystem::path& path,
    const std::function<void(const std::vector<std::string>&, bool is_header)>& use);

/// How many rows each image has in the table at `path`. An image whose labels do not run from 1 on, each once
/// (its rows are cut short, or there twice), is left out; images without objects have no rows. Empty where
/// there is no table, or one with other columns.
std::map<std::string, int64_t> count_rows_of_images(const std::filesystem::path& path);

}  // namespace priorseg
