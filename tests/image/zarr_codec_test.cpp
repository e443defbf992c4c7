#include "priorseg/image/zarr_codec.h"

#include <blosc.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>
#include <string_view>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

Bytes some_bytes(size_t count) {
  Bytes bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i * i >> 3);
  return bytes;
}

Bytes packed_with_blosc(const Bytes& bytes, const char* compressor) {
  Bytes packed(bytes.size() + BLOSC_MAX_OVERHEAD);
  const int size = blosc_compress_ctx(5, BLOSC_SHUFFLE, 2, bytes.size(), bytes.data(), packed.data(),
                                      packed.size(), compressor, 0, 1);
  packed.resize(static_cast<size_t>(size));
  return packed;
}

TEST(ZarrCodec, CheckSumIsThatOfTheStandard) {
  const std::string_view text = "123456789";  // the check value of the CRC catalogue
  EXPECT_EQ(crc32c_of({reinterpret_cast<const uint8_t*>(text.data()), text.size()}), 0xE3069283u);
}

TEST(ZarrCodec, UndoesBloscWithEachCompressor) {
  const auto bytes = some_bytes(5000);
  for (const char* compressor : {"blosclz", "lz4", "lz4hc", "zlib", "zstd"})
    EXPECT_EQ(decode_zarr_bytes(packed_with_blosc(bytes, compressor), std::vector{ZarrCodec::kBlosc}, 5000),
              bytes)
        << compressor;
}

TEST(ZarrCodec, UndoesZlibAndZstandard) {
  const auto bytes = some_bytes(5000);
  Bytes packed(compressBound(5000));
  uLongf size = packed.size();
  ASSERT_EQ(compress(packed.data(), &size, bytes.data(), 5000), Z_OK);
  packed.resize(size);
  EXPECT_EQ(decode_zarr_bytes(packed, std::vector{ZarrCodec::kGzip}, 5000), bytes);
  EXPECT_EQ(decode_zarr_bytes(encode_zstd(bytes), std::vector{ZarrCodec::kZstd}, 5000), bytes);
}

TEST(ZarrCodec, UndoesTheLastCodecFirst) {
  const auto bytes = some_bytes(300);
  auto packed = encode_zstd(bytes);
  const uint32_t sum = crc32c_of(packed);
  for (int i = 0; i < 4; ++i) packed.push_back(static_cast<uint8_t>(sum >> 8 * i));
  const std::vector codecs{ZarrCodec::kZstd, ZarrCodec::kCrc32c};
  EXPECT_EQ(decode_zarr_bytes(packed, codecs, 300), bytes);
  packed[3] ^= 1;
  EXPECT_THAT(error_message([&] { decode_zarr_bytes(packed, codecs, 300); }),
              HasSubstr("check sum is wrong"));
}

TEST(ZarrCodec, SaysWhatIsWrongWithDamagedBytes) {
  const auto bytes = some_bytes(300);
  for (const auto codec : {ZarrCodec::kBlosc, ZarrCodec::kZstd, ZarrCodec::kGzip})
    EXPECT_THAT(error_message([&] { decode_zarr_bytes(bytes, std::vector{codec}, 300); }),
                HasSubstr("a chunk is damaged"));
  EXPECT_THAT(error_message([&] { decode_zarr_bytes(bytes, {}, 301); }),
              HasSubstr("300 bytes, expected 301"));
  // More than the array says is never unpacked.
  EXPECT_THAT(
      error_message([&] { decode_zarr_bytes(encode_zstd(bytes), std::vector{ZarrCodec::kZstd}, 10); }),
      HasSubstr("a chunk is damaged"));
}

TEST(ZarrCodec, KnowsNames) {
  EXPECT_EQ(zarr_codec_of("blosc"), ZarrCodec::kBlosc);
  EXPECT_EQ(zarr_codec_of("numcodecs.zlib"), ZarrCodec::kGzip);
  EXPECT_THAT(error_message([] { zarr_codec_of("lzma"); }), HasSubstr("'lzma', expected blosc, zstd, gzip"));
}

}  // namespace
}  // namespace priorseg
