#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/pipeline/output_paths.h"

namespace priorseg {

/// What a program that starts Cellpose wants to read.
struct CellposeMaskOptions {
  std::filesystem::path folder;   ///< where the masks go
  bool tif = true, png = false;   ///< at least one of them
  bool exclude_on_edges = false;  ///< objects at the border of the image are left out of the masks
  int64_t min_size = 0;           ///< so are those of fewer pixels
};

/// Watches segment_images and writes <image>_cp_masks.tif or .png of every image as soon as its label map is
/// there, so that programs which wait for these files get them one by one. Whatever it is told it passes on.
/// Labels keep their numbers; those left out leave gaps. A PNG has 16 bits.
class CellposeMasks : public Observer {
 public:
  /// @param images  that segment_images gets.
  /// @param labels  the output folder that it writes into.
  /// @throws Error where a mask would replace a file that priorseg did not write, or two images of one name
  /// would share it.
  CellposeMasks(const std::vector<std::filesystem::path>& images, OutputPaths labels,
                CellposeMaskOptions options, Observer& observer);

  void progress(const Progress& state) override;
  void message(MessageLevel level, const std::string& text) override { observer_.message(level, text); }
  bool stop_requested() override { return observer_.stop_requested(); }

  /// Writes what is not written yet: images that were finished before the call.
  void finish();
  /// Masks that could not be written, each told.
  int64_t failures() const { return failures_; }

 private:
  std::vector<std::filesystem::path> files_of(const std::string& stem) const;
  void write(const std::string& stem);
  void write_up_to(int64_t count);

  std::vector<std::string> stems_;
  OutputPaths labels_;
  CellposeMaskOptions options_;
  Observer& observer_;
  int64_t written_ = 0, failures_ = 0;
};

}  // namespace priorseg
