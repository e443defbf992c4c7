#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/image/image_structure.h"
#include "priorseg/image/zarr_writer.h"
#include "priorseg/output/provenance.h"
#include "priorseg/output/result_sink.h"

namespace priorseg {

/// Writes labels as an OME-Zarr store: the group `labels/objects` with a pyramid, which may be copied into
/// the store of the image, and a root that shows it, so that the store opens by itself. Version 0.4 is Zarr
/// 2, 0.5 is Zarr 3. Axes are those of `shape` that are longer than one, and y and x; scale and translation
/// are in micrometres where the size of a pixel is known, and put a region in its place in the full picture.
///
/// A level of the pyramid has every second row and column of the one above it: labels stay labels. Rows pass
/// through; one row of chunks of each level is held. Colours and measurements of objects stand in
/// `image-label` where there are at most kMostDescribed of them.
class OmeZarrLabelsSink : public ResultSink {
 public:
  static constexpr size_t kMostDescribed = 10'000;  // viewers read them all before they show anything

  /// @param store  a folder, which appears when it is whole.
  OmeZarrLabelsSink(const ImageInfo& info, const std::filesystem::path& store, ZarrVersion version,
                    const Provenance& made_with, const StackShape& shape = {});

  void add(const LabelledRows& piece) override;
  void finish(const std::vector<ObjectMeasurements>& objects) override;

 private:
  struct Level {
    int64_t height, width;
    ZarrLabelWriter writer;
    int64_t next_row = 0;  // of the current picture
  };

  std::vector<int64_t> shape_of_level(int64_t height, int64_t width) const;
  nlohmann::json multiscale(const std::string& folder) const;
  std::string attributes(const nlohmann::json& members) const;
  void write_groups(const nlohmann::json& image_label);

  ImageInfo info_;
  ZarrVersion version_;
  Provenance made_with_;
  StackShape shape_;
  PartialFile store_;
  std::vector<std::string> axes_;
  std::vector<Level> levels_;
};

}  // namespace priorseg
