#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/image_level.h"
#include "priorseg/image/plane_stack.h"
#include "priorseg/image/tiff_layout.h"
#include "priorseg/image/tiff_page_reader.h"

namespace priorseg {

/// The TIFF part of ImageReader: the planes of one image, which may lie in several files.
///
/// Values are as they are meant to be seen: where white is 0 in the file they are turned round. A palette
/// image is expanded to its colours (one channel where all are grey), except one written by ImageJ or with
/// OME-XML: there the palette is a display table and the stored values are the intensities.
class TiffStack : public PlaneStack {
 public:
  /// @param axes   see TiffLayout.
  /// @param level  of its pyramid (levels_of_page).
  TiffStack(const std::filesystem::path& path, const std::string& axes, const ImageLevel& level = {});

  const ImageStructure& structure() const override { return layout_.structure; }
  const ImageInfo& info() const override { return info_; }

  PictureSize full_size() const override { return {layout_.page.height, layout_.page.width}; }
  torch::Tensor read(const PlanePosition& position, int64_t colour, const PixelRegion& region) override;

 private:
  TiffPageReader& reader_of(const PlaneSource& source);
  torch::Tensor read_rows(const PlanePosition& position, int64_t colour, int64_t first, int64_t last);

  uint64_t directory_of_level(const std::filesystem::path& path, const TiffPages& pages,
                              const TiffPage& page) const;
  void take_level(const PlaneSource& source, const ImageLevel& level);

  TiffLayout layout_;
  int64_t level_ = 0;
  ImageInfo info_;
  std::map<size_t, TiffPages> pages_of_file_;  // of the last file that was looked into
  std::unique_ptr<TiffPageReader> reader_;     // of source_
  std::optional<PlaneSource> source_;
};

/// The TIFF part of read_label_maps. A palette is ignored: the stored values are the labels.
std::vector<torch::Tensor> read_tiff_labels(const std::filesystem::path& path);

}  // namespace priorseg
