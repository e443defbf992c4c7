#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// The versions of Zarr that are written.
enum class ZarrVersion { k2 = 2, k3 = 3 };

/// Writes the metadata of a group. @param attributes  a JSON object as text. @throws Error on a full disk.
void write_zarr_group(const std::filesystem::path& folder, ZarrVersion version,
                      const std::string& attributes);

/// Writes an array of labels (uint32, little-endian, Blosc with LZ4) plane by plane and in each from top to
/// bottom, in memory for one row of chunks. Chunks without a label are left out: they have the fill value 0.
class ZarrLabelWriter {
 public:
  /// @param shape  of the array; the last two dimensions are rows and columns, chunks reach over one of the
  /// others.
  /// @param names  of its dimensions, which Zarr 3 keeps.
  /// @throws Error where the folder cannot be written.
  ZarrLabelWriter(std::filesystem::path folder, ZarrVersion version, std::vector<int64_t> shape,
                  const std::vector<std::string>& names);

  /// The next rows of the current plane, [N,W] int32, >= 0.
  /// @throws Error where the disk is full.
  void append(const torch::Tensor& rows);

 private:
  void write_chunk_row();
  void write_chunk(int64_t column);
  std::filesystem::path chunk_file(int64_t column) const;

  std::filesystem::path folder_;
  ZarrVersion version_;
  std::vector<int64_t> shape_;
  int64_t height_, width_, chunk_height_, chunk_width_;
  int64_t plane_ = 0, next_row_ = 0;
  std::vector<int32_t> rows_;    // of the current row of chunks
  std::vector<uint32_t> chunk_;  // one chunk
  std::vector<uint8_t> packed_;
};

}  // namespace priorseg
