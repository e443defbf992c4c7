#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/image/image.h"
#include "priorseg/image/image_input.h"
#include "priorseg/image/image_source.h"

namespace priorseg {

/// The files that an image lies in: the one named, and for an OME-TIFF in several files all of them.
/// @throws Error where the file cannot be read.
std::vector<std::filesystem::path> files_of_image(const std::filesystem::path& path);

/// Reads an image file in pieces, so that it may be larger than the memory. What read_image says about
/// formats and values holds here too. A file of several planes is a sequence of pictures (choose_planes),
/// which are read one at a time.
///
/// Of a TIFF only the rows that are asked for are held, and one strip or tile beside them. Compressed strips
/// are decoded from their beginning: ask for rows from top to bottom. (A file that is a single compressed
/// strip is held compressed.) PNG, JPEG and BMP are read whole when the reader is made. Of an image in memory
/// the pixels are shared.
class ImageReader {
 public:
  /// @throws Error naming the file, what was found and what is expected.
  explicit ImageReader(const ImageInput& image);
  ~ImageReader();

  /// Of each picture.
  const ImageInfo& info() const;
  /// Of the file.
  const ImageStructure& structure() const;
  /// What is to be told of the file: what was guessed or left out, and which of its planes were taken.
  std::vector<std::string> remarks() const;

  int64_t num_pictures() const;
  /// Goes to another picture; a reader begins with the first, 0.
  void go_to(int64_t picture);
  /// The picture that the reader is at.
  const PictureOfPlanes& picture() const;
  /// Frames and slices of all pictures, of each of which there is a label map.
  StackShape stack_shape() const;

  /// Rows `first` to `last` - 1 as [C,last-first,W] float32; 0 <= first < last <= height.
  /// @throws Error where they are out of range or the file is damaged.
  torch::Tensor read_rows(int64_t first, int64_t last);

  /// Names of all channels of the file, red, green and blue of colours; none where there is one channel
  /// alone. Each is another one.
  std::vector<std::string> channel_names() const;
  /// The same rows of each of them, be it looked at or not, [K,last-first,W] float32: of the same frame, and
  /// of the same slice or projection, of which the channel that is looked at decides.
  torch::Tensor read_rows_of_channels(int64_t first, int64_t last);

  /// The whole picture.
  Image read();
  /// The picture that the reader is at for functions that read it in pieces; to be used as long as this
  /// reader is there.
  ImageSource source();

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

}  // namespace priorseg
