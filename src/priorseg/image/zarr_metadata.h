#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "priorseg/image/zarr_codec.h"

namespace priorseg {

/// What an element of a Zarr array is.
struct ZarrType {
  char kind = 'u';  ///< 'b' bool, 'u' unsigned, 'i' signed, 'f' floating point
  int bytes = 1;    ///< 1, 2, 4 or 8
  bool is_big_endian = false;
};

/// An array of Zarr 2 (.zarray) or 3 (zarr.json), as its metadata describe it.
struct ZarrMetadata {
  std::vector<int64_t> shape;   ///< elements along each dimension, >= 1
  std::vector<int64_t> chunk;   ///< of a chunk, which is packed as one; those at the end reach over the array
  std::vector<int64_t> stored;  ///< of what one file holds: a chunk, or a shard of several
  ZarrType type;
  double fill = 0;                           ///< value of chunks that are not there
  std::vector<ZarrCodec> codecs;             ///< of a chunk, in the order of packing
  std::vector<int64_t> order;                ///< dimensions of a chunk from the slowest to the fastest
  std::vector<ZarrCodec> index_codecs;       ///< of a shard's index
  bool index_is_first = false;               ///< in a shard
  std::string separator = ".";               ///< between the numbers of a chunk's name
  std::string prefix;                        ///< before them: "c/" in Zarr 3
  std::vector<std::string> dimension_names;  ///< as far as the array names them itself

  bool is_sharded() const { return stored != chunk; }
  /// The file of a chunk or shard, from the folder of the array.
  std::filesystem::path file_of(const std::vector<int64_t>& number) const;
  int64_t chunk_bytes() const;
};

/// Whether a folder is an array or a group of Zarr.
bool is_zarr(const std::filesystem::path& folder);

/// The attributes of a group or an array, an empty object where there are none.
/// @throws Error where they are damaged.
nlohmann::json read_zarr_attributes(const std::filesystem::path& folder);

/// Whether a folder is an array.
bool is_zarr_array(const std::filesystem::path& folder);

/// @throws Error where the folder is no array, its metadata are damaged, or it is packed in a way that cannot
/// be undone.
ZarrMetadata read_zarr_metadata(const std::filesystem::path& folder);

}  // namespace priorseg
