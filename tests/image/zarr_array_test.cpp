#include "priorseg/image/zarr_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_zarr.h"

namespace priorseg {
namespace {

using testing::Each;
using testing::HasSubstr;
using namespace test;

std::vector<float> read_floats(ZarrArray& array, const ZarrPlane& plane, const PixelRegion& region) {
  std::vector<float> values(static_cast<size_t>(region.width * region.height));
  array.read(plane, region, values.data());
  return values;
}

/// Rows and columns 3 to 21, 5 to 29 of plane 1 of {3,40,50}: over several chunks, beginning in their middle.
void expect_values(ZarrArray& array) {
  const PixelRegion region{5, 3, 24, 18};
  const auto values = read_floats(array, {1, 2, {1, 0, 0}}, region);
  for (int64_t y = 0; y < region.height; ++y)
    for (int64_t x = 0; x < region.width; ++x)
      ASSERT_EQ(values[static_cast<size_t>(y * region.width + x)], value_at({1, y + 3, x + 5}))
          << y << " " << x;
}

class ZarrArrays : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::vector<int64_t> shape_{3, 40, 50}, chunk_{2, 16, 10};
};

TEST_F(ZarrArrays, ReadsPartsOfPlanesWithEitherSeparatorAndOrderOfBytes) {
  for (const char* separator : {".", "/"})
    for (const char* dtype : {"<u2", ">u2"}) {
      const auto name = std::string(separator == std::string(".") ? "flat" : "nested") + dtype[0];
      write_zarr2(folder_ / name, shape_, chunk_, dtype, separator);
      ZarrArray array(folder_ / name);
      expect_values(array);
    }
}

TEST_F(ZarrArrays, PicturesMayLieAlongAnyDimensions) {
  write_zarr2(folder_ / "a", shape_, chunk_);
  ZarrArray array(folder_ / "a");
  const auto values =
      read_floats(array, {2, 0, {0, 7, 0}}, {0, 20, 3, 15});  // y along the last, x along the first
  for (int64_t y = 0; y < 15; ++y)
    for (int64_t x = 0; x < 3; ++x)
      ASSERT_EQ(values[static_cast<size_t>(y * 3 + x)], value_at({x, 7, 20 + y}));
}

TEST_F(ZarrArrays, ColumnMajorChunks) {
  write_file(
      folder_ / "f/.zarray",
      R"({"zarr_format":2,"shape":[2,3],"chunks":[2,3],"dtype":"|u1","compressor":null,"fill_value":0,)"
      R"("filters":null,"order":"F"})");
  write_file(folder_ / "f/0.0", {1, 4, 2, 5, 3, 6});
  ZarrArray array(folder_ / "f");
  EXPECT_THAT(read_floats(array, {0, 1, {0, 0}}, {0, 0, 3, 2}), testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ZarrArrays, MissingChunksHaveTheFillValue) {
  write_zarr2(folder_ / "a", shape_, chunk_);
  std::filesystem::remove(folder_ / "a/0/1/2");
  ZarrArray array(folder_ / "a");
  EXPECT_THAT(read_floats(array, {1, 2, {1, 0, 0}}, {20, 16, 10, 16}), Each(5));
  EXPECT_EQ(read_floats(array, {1, 2, {1, 0, 0}}, {19, 16, 1, 1})[0], value_at({1, 16, 19}));
  EXPECT_TRUE(array.has_chunks({1, 2, {0, 0, 0}}));
  std::filesystem::remove_all(folder_ / "a/0");
  EXPECT_FALSE(array.has_chunks({1, 2, {0, 0, 0}}));
}

TEST_F(ZarrArrays, SignedAndFloatingPointValues) {
  const auto one = [&](const std::string& dtype, const std::string& bytes) {
    write_file(folder_ / dtype / ".zarray",
               R"({"zarr_format":2,"shape":[1,1],"chunks":[1,1],"dtype":"<)" + dtype +
                   R"(","compressor":null,"fill_value":0,"filters":null,"order":"C"})");
    write_file(folder_ / dtype / "0.0", bytes);
    ZarrArray array(folder_ / dtype);
    return read_floats(array, {0, 1, {0, 0}}, {0, 0, 1, 1})[0];
  };
  EXPECT_EQ(one("i2", {'\xfe', '\xff'}), -2);
  EXPECT_EQ(one("f2", {'\x00', '\x3e'}), 1.5);
  EXPECT_EQ(one("f4", {'\x00', '\x00', '\x20', '\x40'}), 2.5);
  EXPECT_TRUE(std::isnan(one("f8", {'\0', '\0', '\0', '\0', '\0', '\0', '\xf0', '\x7f'})));  // infinity
}

/// Two chunks of 1 x 2 in a shard of 1 x 4, the second one missing; the index at either end.
std::string shard_of(bool index_is_first) {
  std::string index;
  const auto put = [&](uint64_t number) {
    for (int i = 0; i < 8; ++i) index += static_cast<char>(number >> 8 * i);
  };
  put(index_is_first ? 36 : 0);
  put(2);
  put(~uint64_t{0});
  put(~uint64_t{0});
  const uint32_t sum = crc32c_of({reinterpret_cast<const uint8_t*>(index.data()), index.size()});
  for (int i = 0; i < 4; ++i) index += static_cast<char>(sum >> 8 * i);
  const std::string chunk = {11, 12};
  return index_is_first ? index + chunk : chunk + index;
}

TEST_F(ZarrArrays, ReadsChunksOfShards) {
  for (const bool index_is_first : {false, true}) {
    const auto store = folder_ / (index_is_first ? "start" : "end");
    write_file(
        store / "zarr.json",
        std::string(
            R"({"zarr_format":3,"node_type":"array","shape":[1,4],"data_type":"uint8","chunk_grid":)") +
            R"({"name":"regular","configuration":{"chunk_shape":[1,4]}},"chunk_key_encoding":)" +
            R"({"name":"default","configuration":{"separator":"/"}},"fill_value":3,"codecs":[)" +
            R"({"name":"sharding_indexed","configuration":{"chunk_shape":[1,2],"codecs":[{"name":"bytes"}],)" +
            R"("index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}],)" +
            R"("index_location":")" + (index_is_first ? "start" : "end") + R"("}}]})");
    write_file(store / "c/0/0", shard_of(index_is_first));
    ZarrArray array(store);
    EXPECT_THAT(read_floats(array, {0, 1, {0, 0}}, {0, 0, 4, 1}), testing::ElementsAre(11, 12, 3, 3));
  }
}

TEST_F(ZarrArrays, NamesTheChunkThatIsCutShort) {
  write_zarr2(folder_ / "a", shape_, chunk_);
  std::filesystem::resize_file(folder_ / "a/0/1/2", 100);
  ZarrArray array(folder_ / "a");
  EXPECT_THAT(error_message([&] {
                read_floats(array, {1, 2, {0, 0, 0}}, {0, 0, 50, 40});
              }),
              HasSubstr("holds 100 bytes, expected 640 (0/1/2 of its array a)"));
}

TEST_F(ZarrArrays, TellsWhatItCannotRead) {
  const auto complaint = [&](const std::string& name, const std::string& json) {
    write_file(folder_ / name / ".zarray", json);
    return error_message([&] { ZarrArray(folder_ / name); });
  };
  const std::string start = R"({"zarr_format":2,"shape":[4,4],"chunks":[2,2],"fill_value":0,"order":"C",)";
  EXPECT_THAT(complaint("a", start + R"("dtype":"<c8","compressor":null,"filters":null})"),
              HasSubstr("type '<c8'"));
  EXPECT_THAT(complaint("b", start + R"("dtype":"<u2","compressor":{"id":"bz2"},"filters":null})"),
              HasSubstr("packed with 'bz2'"));
  EXPECT_THAT(complaint("c", start + R"("dtype":"<u2","compressor":null,"filters":[{"id":"delta"}]})"),
              HasSubstr("filter 'delta'"));
  EXPECT_THAT(complaint("d", start + R"("compressor":null})"), HasSubstr("damaged or incomplete"));
  EXPECT_THAT(complaint("e", "{\"zarr"), HasSubstr("its .zarray is damaged"));
  EXPECT_THAT(
      complaint("f", R"({"shape":[4,4],"chunks":[2],"dtype":"<u2","fill_value":0,"compressor":null})"),
      HasSubstr("1 dimensions"));
  EXPECT_THAT(complaint("g", R"({"shape":[99999999,99999999],"chunks":[99999999,99999999],"dtype":"<u2",)"
                             R"("fill_value":0,"compressor":null})"),
              HasSubstr("more than 1 GiB"));
}

TEST_F(ZarrArrays, LabelsAreWholeNumbers) {
  write_file(folder_ / "l/.zarray",
             R"({"shape":[1,2],"chunks":[1,2],"dtype":"<u4","fill_value":0,"compressor":null})");
  write_file(folder_ / "l/0.0", {1, 0, 0, 1, 0, 0, 0, '\x80'});
  ZarrArray array(folder_ / "l");
  int32_t label = 0;
  array.read({0, 1, {0, 0}}, {0, 0, 1, 1}, &label);
  EXPECT_EQ(label, 16777217);
  EXPECT_THAT(error_message([&] {
                array.read({0, 1, {0, 0}}, {1, 0, 1, 1}, &label);
              }),
              HasSubstr("no labels"));
}

}  // namespace
}  // namespace priorseg
