// OME-Zarr stores, lists of images, and layouts of data sets.
#include <torch/types.h>

#include <fstream>

#include "fuzz_target.h"
#include "priorseg/core/error.h"
#include "priorseg/data/benchmark.h"
#include "priorseg/data/image_list.h"
#include "priorseg/eval/label_files.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/ome_zarr_layout.h"
#include "priorseg/image/zarr_codec.h"
#include "support/temporary_folder.h"
#include "support/test_zarr.h"
#include "support/text_file.h"

namespace priorseg::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr char kNextFile = '\x1e';  // ASCII's record separator

/// A folder whose files keep their names, so that an input costs writing and no making of folders.
const fs::path& kept_folder() {
  static const test::TemporaryFolder folder;
  return folder.path();
}

/// Attributes, metadata of the array, and a chunk.
void read_store(const std::string& bytes, const char* group, const char* array, const char* chunk) {
  const fs::path store = kept_folder() / array / "a.zarr";
  auto parts = parts_of(bytes, kNextFile);
  parts.resize(3);
  test::write_file(store / ".zgroup", R"({"zarr_format":2})");
  test::write_file(store / group, parts[0]);
  test::write_file(store / array, parts[1]);
  test::write_file(store / chunk, parts[2]);
  for (const fs::path& image : images_of_zarr(store)) {
    ImageReader reader{ImageInput(image)};
    reader.remarks();
    if (reader.info().width > 1 << 16) return;
    reader.read_rows(0, 1);
    reader.read_rows(reader.info().height - 1, reader.info().height);
  }
}

std::vector<std::string> zarr2_seeds() {
  const test::TemporaryFolder folder;
  test::write_ome_zarr(folder / "a.zarr");
  const auto text = [&](const char* name) { return test::read_text(folder / "a.zarr" / name); };
  return {text(".zattrs") + kNextFile + text("0/.zarray") + kNextFile + text("0/0/0/0/0")};
}

std::vector<std::string> zarr3_seeds() {
  const std::string group =
      R"({"zarr_format":3,"node_type":"group","attributes":{"ome":{"version":"0.5","multiscales":[{"axes":[)"
      R"({"name":"y","type":"space"},{"name":"x","type":"space"}],"datasets":[{"path":"0",)"
      R"("coordinateTransformations":[{"type":"scale","scale":[1,1]}]}]}]}}})";
  const auto array = [](const std::string& codecs) {
    return R"({"zarr_format":3,"node_type":"array","shape":[4,6],"data_type":"uint16","chunk_grid":{"name":"regular",)"
           R"("configuration":{"chunk_shape":[4,6]}},"chunk_key_encoding":{"name":"default","configuration":)"
           R"({"separator":"/"}},"fill_value":0,"codecs":[)" +
           codecs + "]}";
  };
  const std::string plain = R"({"name":"bytes","configuration":{"endian":"little"}})";
  const std::string sharded =
      R"({"name":"sharding_indexed","configuration":{"chunk_shape":[2,6],"codecs":[)" + plain +
      R"(],"index_codecs":[)" + plain + R"(,{"name":"crc32c"}],"index_location":"end"}})";
  const std::string pixels(48, '\x01');
  return {group + kNextFile + array(plain) + kNextFile + pixels,
          group + kNextFile + array(plain + R"(,{"name":"zstd"})") + kNextFile + pixels,
          group + kNextFile + array(sharded) + kNextFile + pixels + std::string(36, '\0')};
}

/// The first byte chooses the codecs.
void read_packed(const std::string& bytes) {
  if (bytes.empty()) return;
  static const std::vector<std::vector<ZarrCodec>> kCodecs = {
      {ZarrCodec::kBlosc}, {ZarrCodec::kZstd}, {ZarrCodec::kGzip}, {ZarrCodec::kZstd, ZarrCodec::kCrc32c}};
  const auto& codecs = kCodecs[static_cast<unsigned char>(bytes[0]) % kCodecs.size()];
  decode_zarr_bytes({bytes.begin() + 1, bytes.end()}, codecs, 512);
}

std::vector<std::string> packed_seeds() {
  const std::vector<uint8_t> plain(512, 7);
  const auto zstd = encode_zstd(plain);
  const std::string frame(zstd.begin(), zstd.end());
  return {
      std::string(1, '\1') + frame, std::string(1, '\3') + frame + "abcd",
      std::string(1, '\0') + std::string("\2\1\x21\1\0\2\0\0\0\2\0\0\x10\2\0\0", 16) + std::string(512, 'x'),
      std::string(1, '\2') + "\x1f\x8b\b"};
}

/// Names of files, one a line: the folder is made, and read as every data set and as pairs of label maps.
void read_layout(const std::string& bytes) {
  const test::TemporaryFolder folder;
  int count = 0;
  for (const std::string& line : parts_of(bytes, '\n')) {
    const fs::path name = fs::path(line).lexically_normal();
    if (line.empty() || line.size() > 100 || name.is_absolute() || line.find("..") != std::string::npos ||
        line.find('\0') != std::string::npos || ++count > 20)
      continue;
    std::error_code ignored;
    fs::create_directories((folder.path() / name).parent_path(), ignored);
    std::ofstream(folder.path() / name) << "text";
  }
  const auto tries = [](const auto& read) {
    try {
      read();
    } catch (const Error&) {  // each is tried
    }
  };
  tries([&] { output_stems(list_images({folder.path()}, nobody(), Folders::kWithThoseBelow)); });
  tries([&] { list_label_maps({folder.path()}); });
  tries([&] { pair_label_files(folder.path(), folder.path()); });
  for (const auto& name : benchmark_names()) tries([&] { load_benchmark(name, folder.path()); });
}

void read_list(const std::string& bytes) { list_images({as_file("images.txt", bytes)}); }

}  // namespace

std::vector<FuzzTarget> store_targets() {
  return {
      {"zarr2", [](const std::string& bytes) { read_store(bytes, ".zattrs", "0/.zarray", "0/0/0/0/0"); },
       zarr2_seeds},
      {"zarr3", [](const std::string& bytes) { read_store(bytes, "zarr.json", "0/zarr.json", "0/c/0/0"); },
       zarr3_seeds},
      {"packed", read_packed, packed_seeds},
      {"list", read_list,
       [] {
         return std::vector<std::string>{"a.tif\nb.png\r\n\n", "*.tif\n", "/nowhere/a[0-9].tif\n"};
       }},
      {"layout", read_layout,
       [] {
         return std::vector<std::string>{
             "images/a.tif\nmasks/a.png\nmetadata/training.txt\nmetadata/test.txt\n",
             "01/t000.tif\n01/t001.tif\n01_GT/SEG/man_seg000.tif\n01_GT/TRA/man_track000.tif\n02/t000.tif\n",
             "a/images/a.png\na/masks/1.png\na/masks/2.png\n", "a.tif\na_masks.tif\nb.tif\nb_cp_masks.png\n",
             "labels/t000.tif\nlabels/mask001.tif\n"};
       }},
  };
}

}  // namespace priorseg::fuzz
