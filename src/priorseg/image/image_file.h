#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/image_structure.h"

namespace priorseg {

/// Reads TIFF, PNG, JPEG and BMP whole; the content decides which, not the name.
///
/// TIFF: unsigned integers of 1 to 16, 32 or 64 bits, signed ones of 8, 16, 32 or 64, floats of 16, 32 or 64;
/// strips or tiles, any compression libtiff knows, BigTIFF, OME-TIFF and stacks of ImageJ (TiffLayout). Where
/// white is 0 in the file, values are turned round. Integers above 2^24 lose their last digits in float32.
/// Non-finite pixels, and those that are too large for float32, become NaN. A palette is expanded to its
/// colours, except in files of ImageJ and with OME-XML, where it is only a display table. Alpha is dropped.
/// Of several planes the first picture that choose_planes() gives by itself is read; ImageReader reads any.
/// @throws Error naming the file, what was found and what is expected.
Image read_image(const std::filesystem::path& path);

/// Reads a label map from TIFF, PNG or BMP: one channel of integers (or floats with whole numbers), 0 =
/// background, and so is -1, which marks lines between watersheds. A TIFF palette is ignored: the stored
/// values are the labels.
/// @return [H,W] int32.
/// @throws Error where the file holds anything else.
torch::Tensor read_label_map(const std::filesystem::path& path);

/// The label maps of a film or a stack, frame by frame and slice by slice; one of any other file.
/// @return [H,W] int32 each.
/// @throws Error as read_label_map, and where the file has several channels.
std::vector<torch::Tensor> read_label_maps(const std::filesystem::path& path);

/// Writes a label map as a compressed TIFF, atomically: uint16, or uint32 as soon as a label is above 65,535.
/// The resolution tags of `pixel_size` are kept; of its description only the unit that ImageJ wrote there.
/// The tag Software names this program and its version.
///
/// @param labels  [H,W] int32, >= 0.
void write_label_map(const std::filesystem::path& path, const torch::Tensor& labels,
                     const PixelSize& pixel_size = {});

/// How the description of a label map tells its axes and the size of its pixels.
enum class LabelDescription { kImageJ, kOme };

/// Writes the same file row by row, so that the label map need not be held whole. A stack is written page
/// after page; its description names frames and slices in ImageJ's way.
class LabelMapWriter {
 public:
  /// @param highest_label  that may come; above 65,535 the file has 32 bits, otherwise 16.
  /// @param notes          further lines "name=value" of its description, each with its line end.
  /// @param description    in OME-XML the notes are an annotation.
  LabelMapWriter(const std::filesystem::path& path, int64_t height, int64_t width, int64_t highest_label,
                 const PixelSize& pixel_size = {}, const std::string& notes = {},
                 const StackShape& shape = {}, LabelDescription description = LabelDescription::kImageJ);
  ~LabelMapWriter();

  /// The next rows from the top, [N,W] int32 in 0 to `highest_label`; of one page.
  /// @throws Error on another shape or dtype, a label out of range, too many rows, or a full disk.
  void append(const torch::Tensor& rows);
  /// Closes the file and gives it its name. Without it no file is left.
  /// @throws Error where rows are missing or the file cannot be written.
  void finish();

 private:
  struct File;
  std::unique_ptr<File> file_;
};

/// Writes an 8- or 16-bit grey TIFF, atomically. `pixels` [H,W] is rounded and clamped to the range of
/// `bit_depth`.
void write_grey_tiff(const std::filesystem::path& path, const torch::Tensor& pixels, int bit_depth);

/// Writes an 8-bit colour PNG, atomically, with little effort to make it small. `rgb` is [H,W,3] uint8.
void write_png(const std::filesystem::path& path, const torch::Tensor& rgb);

/// Writes a label map as a grey PNG of 16 bits, atomically.
/// @param labels  [H,W] int32, 0 to 65,535. @throws Error where a label is above, or the file cannot be
/// written.
void write_label_png(const std::filesystem::path& path, const torch::Tensor& labels);

/// The bytes of an RGB PNG, for embedding in a report.
std::string encode_png(const torch::Tensor& rgb);

}  // namespace priorseg
