#pragma once

#include <torch/types.h>

#include <filesystem>

#include "priorseg/image/image_file.h"

namespace priorseg {

/// The TIFF part of read_image: first page only.
///
/// Values stay as they are in the file, also where white is 0 (min-is-white). A palette image is expanded to
/// its colours (one channel where all are grey), except one written by ImageJ: there the palette is a display
/// table and the stored values are the intensities.
Image read_tiff_image(const std::filesystem::path& path);

/// The TIFF part of read_label_map. A palette is ignored: the stored values are the labels.
torch::Tensor read_tiff_labels(const std::filesystem::path& path);

}  // namespace priorseg
