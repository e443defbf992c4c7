#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace priorseg {

/// How the bytes of a chunk may be packed (names of numcodecs and Zarr 3). Gzip and zlib are told apart by
/// their first bytes, and so are the compressors inside Blosc.
enum class ZarrCodec { kBlosc, kZstd, kGzip, kCrc32c };

/// The codec of that name, "numcodecs." before it or not.
/// @throws Error where it is none of those that can be undone; they are named.
ZarrCodec zarr_codec_of(const std::string& name);

/// Undoes codecs, the last one first.
/// @param size  bytes of the result; more are never made.
/// @throws Error where the bytes are damaged or have another size.
std::vector<uint8_t> decode_zarr_bytes(std::vector<uint8_t> bytes, std::span<const ZarrCodec> codecs,
                                       size_t size);

/// Packs bytes as one frame of Zstandard, level 3, which tells its size.
std::vector<uint8_t> encode_zstd(std::span<const uint8_t> bytes);

/// The check sum of RFC 3720 (Castagnoli).
uint32_t crc32c_of(std::span<const uint8_t> bytes);

}  // namespace priorseg
