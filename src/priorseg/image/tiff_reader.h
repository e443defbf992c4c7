#pragma once

#include <filesystem>
#include <memory>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"

namespace priorseg {

/// The TIFF part of ImageReader: first page only.
///
/// Values stay as they are in the file, also where white is 0 (min-is-white). A palette image is expanded to
/// its colours (one channel where all are grey), except one written by ImageJ: there the palette is a display
/// table and the stored values are the intensities.
class TiffImageReader {
 public:
  explicit TiffImageReader(const std::filesystem::path& path);
  ~TiffImageReader();

  const ImageInfo& info() const { return info_; }
  /// [C,last-first,W] float32; 0 <= first < last <= height.
  torch::Tensor read_rows(int64_t first, int64_t last);

 private:
  struct File;
  std::unique_ptr<File> file_;
  ImageInfo info_;
  bool has_palette_ = false;
};

/// The TIFF part of read_label_map. A palette is ignored: the stored values are the labels.
torch::Tensor read_tiff_labels(const std::filesystem::path& path);

}  // namespace priorseg
