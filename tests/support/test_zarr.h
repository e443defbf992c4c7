#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace priorseg::test {

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The value of a test array at a place, different at each.
inline uint16_t value_at(const std::vector<int64_t>& place) {
  int64_t value = 7;
  for (const int64_t index : place) value = value * 13 + index;
  return static_cast<uint16_t>(value % 60000);
}

/// The bytes of a chunk of uint16, C order, with values of value_at(); 9 beyond the array, where nobody
/// looks.
inline std::string chunk_bytes(const std::vector<int64_t>& number, const std::vector<int64_t>& chunk,
                               const std::vector<int64_t>& shape, bool big_endian = false) {
  std::string bytes;
  std::vector<int64_t> place(chunk.size());
  const std::function<void(size_t)> fill = [&](size_t axis) {
    if (axis < chunk.size()) {
      for (int64_t i = 0; i < chunk[axis]; ++i) place[axis] = number[axis] * chunk[axis] + i, fill(axis + 1);
      return;
    }
    bool inside = true;
    for (size_t i = 0; i < place.size(); ++i) inside = inside && place[i] < shape[i];
    const uint16_t value = inside ? value_at(place) : 9;
    const char low = static_cast<char>(value & 255), high = static_cast<char>(value >> 8);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  };
  fill(0);
  return bytes;
}

/// Calls use(number) for every chunk.
inline void for_each_chunk(const std::vector<int64_t>& shape, const std::vector<int64_t>& chunk,
                           const std::function<void(const std::vector<int64_t>&)>& use) {
  std::vector<int64_t> number(shape.size());
  const std::function<void(size_t)> go = [&](size_t axis) {
    if (axis == shape.size()) return use(number);
    for (number[axis] = 0; number[axis] * chunk[axis] < shape[axis]; ++number[axis]) go(axis + 1);
  };
  go(0);
}

inline std::string json_list(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t number : numbers) text += (text.empty() ? "[" : ",") + std::to_string(number);
  return text + "]";
}

/// Writes an array of Zarr 2, uncompressed.
/// @param further  members of .zarray that replace the usual ones: "\"order\":\"C\",".
inline void write_zarr2(const std::filesystem::path& folder, const std::vector<int64_t>& shape,
                        const std::vector<int64_t>& chunk, const std::string& dtype = "<u2",
                        const std::string& separator = "/", const std::string& further = "") {
  write_file(folder / ".zarray", "{" + further + R"("zarr_format":2,"shape":)" + json_list(shape) +
                                     R"(,"chunks":)" + json_list(chunk) + R"(,"dtype":")" + dtype +
                                     R"(","compressor":null,"fill_value":5,"filters":null,"order":"C",)" +
                                     R"("dimension_separator":")" + separator + "\"}");
  for_each_chunk(shape, chunk, [&](const auto& number) {
    std::string name;
    for (const int64_t index : number) name += (name.empty() ? "" : separator) + std::to_string(index);
    write_file(folder / name, chunk_bytes(number, chunk, shape, dtype.front() == '>'));
  });
}

/// Writes an OME-Zarr 0.4 image of two channels, three slices and two levels (40 x 50 and 20 x 25 px), axes
/// CZYX.
inline void write_ome_zarr(const std::filesystem::path& store) {
  write_file(store / ".zgroup", R"({"zarr_format":2})");
  write_file(store / ".zattrs", R"({"multiscales":[{"version":"0.4","axes":[{"name":"c","type":"channel"},
    {"name":"z","type":"space","unit":"micrometer"},{"name":"y","type":"space","unit":"micrometer"},
    {"name":"x","type":"space","unit":"nanometer"}],"datasets":[
    {"path":"0","coordinateTransformations":[{"type":"scale","scale":[1,2,0.5,250]}]},
    {"path":"1","coordinateTransformations":[{"type":"scale","scale":[1,2,1.0,500]}]}]}],
    "omero":{"channels":[{"label":"GFP","color":"00FF00"},{"label":"DAPI","color":"0000FF"}]}})");
  write_zarr2(store / "0", {2, 3, 40, 50}, {1, 2, 16, 16});
  write_zarr2(store / "1", {2, 3, 20, 25}, {1, 1, 20, 25});
}

}  // namespace priorseg::test
