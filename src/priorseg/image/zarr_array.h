#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "priorseg/image/plane_stack.h"
#include "priorseg/image/zarr_metadata.h"

namespace priorseg {

/// Two dimensions of an array as a picture, at one place of all others.
struct ZarrPlane {
  size_t y_axis = 0, x_axis = 1;
  std::vector<int64_t> place;  ///< along every dimension; those of y and x do not count
};

/// Reads pictures out of a Zarr array. What was unpacked last is kept, up to kMostHeld bytes, so that a
/// picture that is read in bands, from top to bottom, has each chunk unpacked once. Chunks that are not there
/// have the array's fill value, as Zarr has it.
class ZarrArray {
 public:
  static constexpr size_t kMostHeld = size_t{1} << 28;  // bytes

  /// @throws Error, see read_zarr_metadata.
  explicit ZarrArray(std::filesystem::path folder);

  const ZarrMetadata& metadata() const { return metadata_; }
  /// A part of a plane, row by row. Integers above 2^24 lose their last digits.
  /// @param region  inside the plane.
  /// @param values  of region.height * region.width values.
  /// @throws Error where a chunk is damaged.
  void read(const ZarrPlane& plane, const PixelRegion& region, float* values);
  /// The same for labels. @throws Error also where a value is no whole number from 0 to 2^31 - 1.
  void read(const ZarrPlane& plane, const PixelRegion& region, int32_t* values);
  /// Whether any chunk of a plane is there.
  bool has_chunks(const ZarrPlane& plane) const;

 private:
  using Number = std::vector<int64_t>;
  struct ShardIndex {
    std::vector<uint64_t> offset_and_size;  // of each chunk; empty: the shard is not there
  };

  template <class Value>
  void read_values(const ZarrPlane& plane, const PixelRegion& region, Value* values);
  const std::vector<uint8_t>& chunk(const Number& number, const ZarrPlane& plane);
  std::vector<uint8_t> load(const Number& number);
  std::vector<uint8_t> load_from_shard(const Number& number);
  const ShardIndex& index_of(const Number& shard);

  std::filesystem::path folder_;
  ZarrMetadata metadata_;
  std::vector<int64_t> strides_;                 // of a chunk, elements
  std::map<Number, std::vector<uint8_t>> held_;  // by number; empty: not there
  size_t held_bytes_ = 0;
  std::vector<uint8_t> unheld_;  // what found no room
  std::map<Number, ShardIndex> indices_;
};

}  // namespace priorseg
