#include "priorseg/image/zarr_codec.h"

#include <blosc.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "priorseg/core/error.h"
#include "priorseg/image/byte_order.h"

namespace priorseg {
namespace {

constexpr size_t kCheckSumBytes = 4;

[[noreturn]] void fail_chunk(const std::string& why) { throw Error("a chunk is damaged: " + why); }

std::vector<uint8_t> undo_blosc(const std::vector<uint8_t>& packed, size_t most) {
  size_t size = 0;
  if (blosc_cbuffer_validate(packed.data(), packed.size(), &size) != 0 || size > most)
    fail_chunk("it is no Blosc buffer of the size that its array says");
  std::vector<uint8_t> bytes(size);
  if (size > 0 && blosc_decompress_ctx(packed.data(), bytes.data(), size, 1) != static_cast<int>(size))
    fail_chunk("Blosc cannot unpack it (" + std::string(blosc_cbuffer_complib(packed.data())) + ")");
  return bytes;
}

/// Frames that do not tell their size are unpacked, too.
std::vector<uint8_t> undo_zstd(const std::vector<uint8_t>& packed, size_t most) {
  std::vector<uint8_t> bytes(most);
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  const size_t size =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(size)) fail_chunk(std::string("Zstandard: ") + ZSTD_getErrorName(size));
  bytes.resize(size);
  return bytes;
}

std::vector<uint8_t> undo_gzip(std::vector<uint8_t>& packed, size_t most) {
  constexpr int kGzipOrZlib = 15 + 32;
  std::vector<uint8_t> bytes(most);
  z_stream stream{};
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) fail_chunk("zlib cannot begin");
  const int outcome = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) fail_chunk("zlib cannot unpack it");
  bytes.resize(stream.total_out);
  return bytes;
}

std::vector<uint8_t> undo_crc32c(std::vector<uint8_t> bytes) {
  if (bytes.size() < kCheckSumBytes) fail_chunk("it lacks its check sum");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const uint32_t wanted = little_endian(text, bytes.size() - kCheckSumBytes, kCheckSumBytes);
  bytes.resize(bytes.size() - kCheckSumBytes);
  if (crc32c_of(bytes) != wanted) fail_chunk("its check sum is wrong");
  return bytes;
}

constexpr std::array<uint32_t, 256> make_crc_table() {
  constexpr uint32_t kCastagnoli = 0x82F63B78;  // bits in reverse
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kCastagnoli : 0);
    table[i] = value;
  }
  return table;
}

}  // namespace

ZarrCodec zarr_codec_of(const std::string& name) {
  constexpr std::string_view kPrefix = "numcodecs.";
  const std::string plain = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
  if (plain == "blosc") return ZarrCodec::kBlosc;
  if (plain == "zstd") return ZarrCodec::kZstd;
  if (plain == "gzip" || plain == "zlib") return ZarrCodec::kGzip;
  if (plain == "crc32c") return ZarrCodec::kCrc32c;
  throw Error(
      "its chunks are packed with '" + name +
      "', expected blosc, zstd, gzip, zlib, crc32c or nothing; write the store again with one of these");
}

std::vector<uint8_t> decode_zarr_bytes(std::vector<uint8_t> bytes, std::span<const ZarrCodec> codecs,
                                       size_t size) {
  const size_t most = size + kCheckSumBytes * codecs.size();
  for (size_t i = codecs.size(); i-- > 0;) {
    switch (codecs[i]) {
      case ZarrCodec::kBlosc:
        bytes = undo_blosc(bytes, most);
        break;
      case ZarrCodec::kZstd:
        bytes = undo_zstd(bytes, most);
        break;
      case ZarrCodec::kGzip:
        bytes = undo_gzip(bytes, most);
        break;
      case ZarrCodec::kCrc32c:
        bytes = undo_crc32c(std::move(bytes));
        break;
    }
  }
  if (bytes.size() != size)
    fail_chunk("it holds " + std::to_string(bytes.size()) + " bytes, expected " + std::to_string(size));
  return bytes;
}

std::vector<uint8_t> encode_zstd(std::span<const uint8_t> bytes) {
  constexpr int kLevel = 3;
  std::vector<uint8_t> packed(ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size)) throw Error(std::string("Zstandard: ") + ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

uint32_t crc32c_of(std::span<const uint8_t> bytes) {
  static constexpr auto kTable = make_crc_table();
  uint32_t value = 0xFFFFFFFF;
  for (const uint8_t byte : bytes) value = value >> 8 ^ kTable[(value ^ byte) & 0xFF];
  return value ^ 0xFFFFFFFF;
}

}  // namespace priorseg
