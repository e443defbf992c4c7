#include "priorseg/image/zarr_array.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kNoChunk = std::numeric_limits<uint64_t>::max();
constexpr size_t kMostIndices = 1024;  // shards

template <class Stored>
Stored stored_value(const uint8_t* bytes, bool is_big_endian) {
  uint8_t copy[sizeof(Stored)];
  std::memcpy(copy, bytes, sizeof copy);
  if (is_big_endian != (std::endian::native == std::endian::big)) std::reverse(copy, copy + sizeof copy);
  return std::bit_cast<Stored>(copy);
}

double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

float as_value(double value, float*) {
  const auto narrow = static_cast<float>(value);
  return std::isfinite(narrow) ? narrow : std::numeric_limits<float>::quiet_NaN();
}

int32_t as_value(double value, int32_t*) {
  if (!(value >= 0 && value <= std::numeric_limits<int32_t>::max() && value == std::floor(value)))
    throw Error("it holds values that are no labels; expected whole numbers from 0 to 2147483647");
  return static_cast<int32_t>(value);
}

/// @param step  bytes from one value to the next.
template <class Stored, class Value>
void convert_values(const uint8_t* from, int64_t step, int64_t count, bool is_big_endian, Value* to) {
  for (int64_t i = 0; i < count; ++i, from += step)
    to[i] = as_value(static_cast<double>(stored_value<Stored>(from, is_big_endian)), to);
}

template <class Value>
void convert_values(const ZarrType& type, const uint8_t* from, int64_t step, int64_t count, Value* to) {
  const auto as = [&]<class Stored>(Stored) {
    convert_values<Stored>(from, step, count, type.is_big_endian, to);
  };
  const bool is_signed = type.kind == 'i';
  if (type.kind == 'f' && type.bytes == 8) return as(double{});
  if (type.kind == 'f' && type.bytes == 4) return as(float{});
  if (type.kind == 'f') {
    for (int64_t i = 0; i < count; ++i)
      to[i] = as_value(half_value(stored_value<uint16_t>(from + i * step, type.is_big_endian)), to);
    return;
  }
  if (type.bytes == 1) return is_signed ? as(int8_t{}) : as(uint8_t{});
  if (type.bytes == 2) return is_signed ? as(int16_t{}) : as(uint16_t{});
  if (type.bytes == 4) return is_signed ? as(int32_t{}) : as(uint32_t{});
  return is_signed ? as(int64_t{}) : as(uint64_t{});
}

/// Bytes of a file, or nothing where it is not there.
/// @param first  from the start, or where negative from the end.
std::optional<std::vector<uint8_t>> read_bytes(const fs::path& file, int64_t first,
                                               std::optional<uint64_t> count) {
  std::error_code error;
  const uint64_t size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
    return std::nullopt;
  const uint64_t start = first >= 0 ? static_cast<uint64_t>(first) : size - std::min<uint64_t>(size, -first);
  const uint64_t length = count.value_or(size);
  if (error || start > size || length > size - start)
    throw Error("its chunk " + file.string() + " is cut short or cannot be read; copy it again");
  std::vector<uint8_t> bytes(length);
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(start));
  if (!stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(length)))
    throw Error("its chunk " + file.string() + " cannot be read; check its permissions");
  return bytes;
}

/// Steps of a chunk, elements, by dimension.
std::vector<int64_t> strides_of(const ZarrMetadata& metadata) {
  std::vector<int64_t> strides(metadata.chunk.size());
  int64_t step = 1;
  for (size_t i = metadata.order.size(); i-- > 0;) {
    const auto axis = static_cast<size_t>(metadata.order[i]);
    strides[axis] = step;
    step *= metadata.chunk[axis];
  }
  return strides;
}

}  // namespace

ZarrArray::ZarrArray(fs::path folder)
    : folder_(std::move(folder)), metadata_(read_zarr_metadata(folder_)), strides_(strides_of(metadata_)) {}

const ZarrArray::ShardIndex& ZarrArray::index_of(const Number& shard) {
  if (const auto known = indices_.find(shard); known != indices_.end()) return known->second;
  if (indices_.size() >= kMostIndices) indices_.clear();
  uint64_t chunks = 1;
  for (size_t i = 0; i < shard.size(); ++i)
    chunks *= static_cast<uint64_t>(metadata_.stored[i] / metadata_.chunk[i]);
  const size_t bytes = 16 * chunks, packed = bytes + 4 * metadata_.index_codecs.size();
  if (packed > kMostHeld) throw Error("a shard has too many chunks");
  const auto read = read_bytes(folder_ / metadata_.file_of(shard),
                               metadata_.index_is_first ? 0 : -static_cast<int64_t>(packed), packed);
  ShardIndex index;
  if (read) {
    const auto plain = decode_zarr_bytes(*read, metadata_.index_codecs, bytes);
    for (size_t i = 0; i < 2 * chunks; ++i)
      index.offset_and_size.push_back(stored_value<uint64_t>(plain.data() + 8 * i, false));
  }
  return indices_[shard] = std::move(index);
}

std::vector<uint8_t> ZarrArray::load_from_shard(const Number& number) {
  Number shard(number.size());
  uint64_t inside = 0;
  for (size_t i = 0; i < number.size(); ++i) {
    const int64_t chunks = metadata_.stored[i] / metadata_.chunk[i];
    shard[i] = number[i] / chunks;
    inside = inside * static_cast<uint64_t>(chunks) + static_cast<uint64_t>(number[i] % chunks);
  }
  const auto& index = index_of(shard).offset_and_size;
  if (index.empty() || index[2 * inside] == kNoChunk) return {};
  const uint64_t offset = index[2 * inside], size = index[2 * inside + 1];
  if (offset > std::numeric_limits<int64_t>::max()) throw Error("the index of a shard is damaged");
  auto packed = read_bytes(folder_ / metadata_.file_of(shard), static_cast<int64_t>(offset), size);
  return packed ? std::move(*packed) : std::vector<uint8_t>();
}

std::vector<uint8_t> ZarrArray::load(const Number& number) {
  std::vector<uint8_t> packed;
  if (metadata_.is_sharded()) {
    packed = load_from_shard(number);
    if (packed.empty()) return {};
  } else {
    auto read = read_bytes(folder_ / metadata_.file_of(number), 0, std::nullopt);
    if (!read) return {};
    packed = std::move(*read);
  }
  try {
    return decode_zarr_bytes(std::move(packed), metadata_.codecs,
                             static_cast<size_t>(metadata_.chunk_bytes()));
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + " (" + metadata_.file_of(number).string() + " of its array " +
                folder_.filename().string() + "); copy it again");
  }
}

/// Chunks of another plane, or above this one, are not needed any more.
const std::vector<uint8_t>& ZarrArray::chunk(const Number& number, const ZarrPlane& plane) {
  if (const auto known = held_.find(number); known != held_.end()) return known->second;
  auto bytes = load(number);
  const auto is_over = [&](const Number& other) {
    for (size_t i = 0; i < number.size(); ++i)
      if (i != plane.x_axis && other[i] != number[i]) return true;
    return false;
  };
  if (held_bytes_ + bytes.size() > kMostHeld) {
    for (auto held = held_.begin(); held != held_.end();) {
      const bool drop = is_over(held->first);
      if (drop) held_bytes_ -= held->second.size();
      held = drop ? held_.erase(held) : std::next(held);
    }
  }
  if (held_bytes_ + bytes.size() > kMostHeld) return unheld_ = std::move(bytes);
  held_bytes_ += bytes.size();
  return held_[number] = std::move(bytes);
}

template <class Value>
void ZarrArray::read_values(const ZarrPlane& plane, const PixelRegion& region, Value* values) {
  const int64_t chunk_height = metadata_.chunk[plane.y_axis], chunk_width = metadata_.chunk[plane.x_axis];
  Number number(metadata_.shape.size());
  int64_t start = 0;  // of the plane in a chunk, elements
  for (size_t i = 0; i < number.size(); ++i) {
    if (i == plane.y_axis || i == plane.x_axis) continue;
    number[i] = plane.place[i] / metadata_.chunk[i];
    start += plane.place[i] % metadata_.chunk[i] * strides_[i];
  }
  const int64_t last_y = region.y + region.height, last_x = region.x + region.width;
  const int64_t step = strides_[plane.x_axis] * metadata_.type.bytes;
  for (int64_t y0 = region.y / chunk_height * chunk_height; y0 < last_y; y0 += chunk_height)
    for (int64_t x0 = region.x / chunk_width * chunk_width; x0 < last_x; x0 += chunk_width) {
      number[plane.y_axis] = y0 / chunk_height;
      number[plane.x_axis] = x0 / chunk_width;
      const auto& bytes = chunk(number, plane);
      const int64_t left = std::max(x0, region.x), right = std::min(x0 + chunk_width, last_x);
      const int64_t bottom = std::min(y0 + chunk_height, last_y);
      for (int64_t y = std::max(y0, region.y); y < bottom; ++y) {
        Value* to = values + (y - region.y) * region.width + left - region.x;
        const int64_t from = start + (y - y0) * strides_[plane.y_axis] + (left - x0) * strides_[plane.x_axis];
        if (bytes.empty())
          std::fill_n(to, right - left, as_value(metadata_.fill, to));
        else
          convert_values(metadata_.type, bytes.data() + from * metadata_.type.bytes, step, right - left, to);
      }
    }
}

void ZarrArray::read(const ZarrPlane& plane, const PixelRegion& region, float* values) {
  read_values(plane, region, values);
}

void ZarrArray::read(const ZarrPlane& plane, const PixelRegion& region, int32_t* values) {
  read_values(plane, region, values);
}

bool ZarrArray::has_chunks(const ZarrPlane& plane) const {
  const auto& size = metadata_.stored;
  Number number(size.size());
  for (size_t i = 0; i < number.size(); ++i) number[i] = plane.place[i] / size[i];
  const auto count = [&](size_t axis) { return (metadata_.shape[axis] + size[axis] - 1) / size[axis]; };
  std::error_code error;
  for (int64_t y = 0; y < count(plane.y_axis); ++y)
    for (int64_t x = 0; x < count(plane.x_axis); ++x) {
      number[plane.y_axis] = y;
      number[plane.x_axis] = x;
      if (fs::exists(folder_ / metadata_.file_of(number), error)) return true;
    }
  return false;
}

}  // namespace priorseg
