#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "priorseg/image/artefacts.h"
#include "priorseg/output/report.h"

namespace priorseg {

/// What became of one image of a batch.
struct ManifestEntry {
  int64_t index = 0;  ///< place in the list of images that the batch or all its shards were given, from 1
  std::string stem;   ///< output_stems() of it, its name in the tables
  ReportImage image;  ///< without pictures and verdict
  ArtefactCounts artefacts{};  ///< px
  int64_t num_pixels = 0;
  std::vector<std::string> warnings;  ///< one line each
  std::string finished;               ///< date and time in UTC, "2026-11-28T06:50:01Z"
};

/// manifest.jsonl of an output folder: one line of JSON for each image, added when the image is finished or
/// has failed, so that a scheduler, a script or priorseg merge can tell what is done. The line of an image
/// that is worked on again comes later: the last one counts. What was cut short when a process was killed is
/// no line. Not safe for several threads.
class Manifest {
 public:
  /// Replaces the file at `path` by one with the lines that it had for `kept_images`.
  /// @throws Error where it cannot be read or written.
  Manifest(std::filesystem::path path, const std::set<std::string>& kept_images);

  /// @throws Error where the line cannot be written; the file is as before then.
  void add(const ManifestEntry& entry);

 private:
  std::filesystem::path path_;
};

/// The entries of a manifest, the last one of each image, by index. Empty where there is none.
/// @throws Error naming the file and line of one that this program does not write.
std::vector<ManifestEntry> read_manifest(const std::filesystem::path& path);

/// The present date and time as ManifestEntry has them.
std::string utc_now();

}  // namespace priorseg
