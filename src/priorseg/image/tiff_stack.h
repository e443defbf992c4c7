#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/tiff_layout.h"
#include "priorseg/image/tiff_page_reader.h"

namespace priorseg {

/// The TIFF part of ImageReader: the planes of one image, which may lie in several files.
///
/// Values are as they are meant to be seen: where white is 0 in the file they are turned round. A palette
/// image is expanded to its colours (one channel where all are grey), except one written by ImageJ or with
/// OME-XML: there the palette is a display table and the stored values are the intensities.
class TiffStack {
 public:
  /// @param axes  see TiffLayout.
  TiffStack(const std::filesystem::path& path, const std::string& axes);

  const ImageStructure& structure() const { return layout_.structure; }
  /// Of a plane: 3 channels where there are colours, else 1.
  const ImageInfo& info() const { return info_; }

  /// Rows of a plane, [C,last-first,W] float32; 0 <= first < last <= height.
  /// @param colour  0 to 2 of a colour picture alone; -1: all.
  torch::Tensor read_rows(const PlanePosition& position, int64_t colour, int64_t first, int64_t last);

 private:
  TiffPageReader& reader_of(const PlaneSource& source);

  TiffLayout layout_;
  ImageInfo info_;
  std::map<size_t, TiffPages> pages_of_file_;  // of the last file that was looked into
  std::unique_ptr<TiffPageReader> reader_;     // of source_
  std::optional<PlaneSource> source_;
};

/// The TIFF part of read_label_maps. A palette is ignored: the stored values are the labels.
std::vector<torch::Tensor> read_tiff_labels(const std::filesystem::path& path);

}  // namespace priorseg
