#include "priorseg/image/zarr_writer.h"

#include <blosc.h>
#include <torch/types.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int kBloscLevel = 5;
constexpr const char* kBloscCompressor = "lz4";
constexpr int64_t kSideOfChunk = 512;

/// A row of chunks is held: of wide pictures a lower one.
int64_t chunk_height_of(int64_t height, int64_t width) {
  constexpr int64_t kMostPixelsOfRow = int64_t{1} << 25, kLeast = 64;
  int64_t rows = kSideOfChunk;
  while (rows > kLeast && rows * width > kMostPixelsOfRow) rows /= 2;
  return std::min(rows, height);
}

void write_bytes(const fs::path& file, const char* bytes, size_t count) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes, static_cast<std::streamsize>(count));
  stream.close();
  if (error || !stream)
    throw Error("cannot write " + file.string() + ": check the folder's permissions and free space");
}

void write_json(const fs::path& file, const json& text) {
  const std::string bytes = text.dump(1);
  write_bytes(file, bytes.data(), bytes.size());
}

json metadata_of_zarr2(const std::vector<int64_t>& shape, const std::vector<int64_t>& chunk) {
  return {{"zarr_format", 2},
          {"shape", shape},
          {"chunks", chunk},
          {"dtype", "<u4"},
          {"fill_value", 0},
          {"order", "C"},
          {"filters", nullptr},
          {"dimension_separator", "/"},
          {"compressor",
           {{"id", "blosc"},
            {"cname", kBloscCompressor},
            {"clevel", kBloscLevel},
            {"shuffle", 1},
            {"blocksize", 0}}}};
}

json metadata_of_zarr3(const std::vector<int64_t>& shape, const std::vector<int64_t>& chunk,
                       const std::vector<std::string>& names) {
  const json blosc = {{"cname", kBloscCompressor},
                      {"clevel", kBloscLevel},
                      {"shuffle", "shuffle"},
                      {"typesize", sizeof(uint32_t)},
                      {"blocksize", 0}};
  return {{"zarr_format", 3},
          {"node_type", "array"},
          {"shape", shape},
          {"data_type", "uint32"},
          {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", chunk}}}}},
          {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
          {"fill_value", 0},
          {"codecs", json::array({{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}},
                                  {{"name", "blosc"}, {"configuration", blosc}}})},
          {"dimension_names", names},
          {"attributes", json::object()}};
}

}  // namespace

void write_zarr_group(const fs::path& folder, ZarrVersion version, const std::string& attributes) {
  if (version == ZarrVersion::k2) {
    write_json(folder / ".zgroup", {{"zarr_format", 2}});
    return write_bytes(folder / ".zattrs", attributes.data(), attributes.size());
  }
  const std::string text = R"({"zarr_format":3,"node_type":"group","attributes":)" + attributes + "}";
  write_bytes(folder / "zarr.json", text.data(), text.size());
}

ZarrLabelWriter::ZarrLabelWriter(fs::path folder, ZarrVersion version, std::vector<int64_t> shape,
                                 const std::vector<std::string>& names)
    : folder_(std::move(folder)),
      version_(version),
      shape_(std::move(shape)),
      height_(shape_.at(shape_.size() - 2)),
      width_(shape_.back()),
      chunk_height_(chunk_height_of(height_, width_)),
      chunk_width_(std::min(kSideOfChunk, width_)) {
  rows_.reserve(static_cast<size_t>(chunk_height_ * width_));
  std::vector<int64_t> chunk(shape_.size(), 1);
  chunk[chunk.size() - 2] = chunk_height_;
  chunk.back() = chunk_width_;
  if (version_ == ZarrVersion::k2)
    write_json(folder_ / ".zarray", metadata_of_zarr2(shape_, chunk));
  else
    write_json(folder_ / "zarr.json", metadata_of_zarr3(shape_, chunk, names));
}

void ZarrLabelWriter::append(const torch::Tensor& rows) {
  const auto values = rows.contiguous();
  const int32_t* from = values.data_ptr<int32_t>();
  for (int64_t y = 0; y < values.size(0); ++y, from += width_) {
    rows_.insert(rows_.end(), from, from + width_);
    ++next_row_;
    if (next_row_ % chunk_height_ == 0 || next_row_ == height_) write_chunk_row();
    if (next_row_ == height_) next_row_ = 0, ++plane_;
  }
}

void ZarrLabelWriter::write_chunk_row() {
  for (int64_t column = 0; column * chunk_width_ < width_; ++column) write_chunk(column);
  rows_.clear();
}

/// Chunks at the end reach over the array, with zeros.
void ZarrLabelWriter::write_chunk(int64_t column) {
  const int64_t rows = std::ssize(rows_) / width_, left = column * chunk_width_;
  const int64_t columns = std::min(chunk_width_, width_ - left);
  chunk_.assign(static_cast<size_t>(chunk_height_ * chunk_width_), 0);
  for (int64_t y = 0; y < rows; ++y)
    std::copy_n(rows_.begin() + y * width_ + left, columns, chunk_.begin() + y * chunk_width_);
  if (std::all_of(chunk_.begin(), chunk_.end(), [](uint32_t label) { return label == 0; })) return;
  const size_t bytes = chunk_.size() * sizeof(uint32_t);
  packed_.resize(bytes + BLOSC_MAX_OVERHEAD);
  const int size = blosc_compress_ctx(kBloscLevel, BLOSC_SHUFFLE, sizeof(uint32_t), bytes, chunk_.data(),
                                      packed_.data(), packed_.size(), kBloscCompressor, 0, 1);
  if (size <= 0) throw Error("cannot write " + chunk_file(column).string() + ": Blosc cannot pack it");
  write_bytes(chunk_file(column), reinterpret_cast<const char*>(packed_.data()), static_cast<size_t>(size));
}

fs::path ZarrLabelWriter::chunk_file(int64_t column) const {
  const std::string in_plane = std::to_string((next_row_ - 1) / chunk_height_) + "/" + std::to_string(column);
  std::string before;
  int64_t plane = plane_;
  for (size_t i = shape_.size() - 2; i-- > 0; plane /= shape_[i])
    before = std::to_string(plane % shape_[i]) + "/" + before;
  return folder_ / ((version_ == ZarrVersion::k3 ? "c/" : "") + before + in_plane);
}

}  // namespace priorseg
