#include "priorseg/image/zarr_metadata.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int64_t kLongest = int64_t{1} << 40;       // elements along a dimension
constexpr int64_t kLargestChunk = int64_t{1} << 30;  // bytes: a damaged number must not exhaust the memory

bool has_file(const fs::path& folder, const char* name) {
  std::error_code error;
  return fs::is_regular_file(folder / name, error);
}

json read_json(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  auto read = json::parse(stream, nullptr, false);
  if (!read.is_object()) throw Error("its " + file.filename().string() + " is damaged; copy it again");
  return read;
}

std::vector<int64_t> lengths_of(const json& owner, const char* name) {
  std::vector<int64_t> lengths;
  for (const auto& length : owner.at(name)) {
    const auto value = length.get<int64_t>();
    if (value < 1 || value > kLongest)
      throw Error(std::string("its ") + name + " has the length " + length.dump());
    lengths.push_back(value);
  }
  if (lengths.size() < 2 || lengths.size() > 8)
    throw Error("it has " + std::to_string(lengths.size()) + " dimensions, expected 2 to 8");
  return lengths;
}

[[noreturn]] void fail_type(const std::string& name) {
  throw Error("its values are of type '" + name +
              "', expected integers, floats or truth values of 8 to 64 bits");
}

/// "<u2", "|b1", ...
ZarrType type_of_zarr2(const std::string& name) {
  if (name.size() != 3) fail_type(name);
  const ZarrType type{name[1], name[2] - '0', name[0] == '>'};
  const bool whole = type.bytes == 1 || type.bytes == 2 || type.bytes == 4 || type.bytes == 8;
  const bool known = (type.kind == 'b' && type.bytes == 1) ||
                     ((type.kind == 'u' || type.kind == 'i') && whole) ||
                     (type.kind == 'f' && (type.bytes == 2 || type.bytes == 4 || type.bytes == 8));
  if (!known) fail_type(name);
  return type;
}

/// "uint16", "bool", ...
ZarrType type_of_zarr3(const std::string& name) {
  if (name == "bool") return {'b', 1, false};
  const size_t digits = name.find_first_of("0123456789");
  const std::string kind = name.substr(0, digits);
  int bits = 0;
  if (digits != std::string::npos) std::from_chars(name.data() + digits, name.data() + name.size(), bits);
  const bool whole = bits == 8 || bits == 16 || bits == 32 || bits == 64;
  if (whole && (kind == "uint" || kind == "int")) return {kind[0], bits / 8, false};
  if (whole && kind == "float" && bits > 8) return {'f', bits / 8, false};
  fail_type(name);
}

double fill_of(const json& value) {
  if (value.is_null()) return 0;
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  throw Error("its fill_value is " + value.dump() + ", expected a number");
}

std::vector<int64_t> counted_up(size_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

ZarrMetadata parse_zarr2(const json& text) {
  ZarrMetadata array;
  array.shape = lengths_of(text, "shape");
  array.chunk = array.stored = lengths_of(text, "chunks");
  if (!text.at("dtype").is_string()) fail_type(text.at("dtype").dump());
  array.type = type_of_zarr2(text.at("dtype"));
  array.fill = fill_of(text.at("fill_value"));
  array.order = counted_up(array.shape.size());
  if (text.value("order", "C") == "F") std::reverse(array.order.begin(), array.order.end());
  if (text.contains("filters") && !text["filters"].is_null() && !text["filters"].empty())
    throw Error("its values went through the filter '" + text["filters"][0].value("id", "?") +
                "', expected none; write the store again without it");
  const auto& compressor = text.at("compressor");
  if (!compressor.is_null()) array.codecs = {zarr_codec_of(compressor.at("id"))};
  array.separator = text.value("dimension_separator", ".");
  return array;
}

std::vector<ZarrCodec> byte_codecs_of(const json& codecs, size_t from) {
  std::vector<ZarrCodec> found;
  for (size_t i = from; i < codecs.size(); ++i) found.push_back(zarr_codec_of(codecs[i].at("name")));
  return found;
}

bool is_big_endian_bytes(const json& codec) {
  return codec.contains("configuration") && codec["configuration"].value("endian", "little") == "big";
}

/// The codecs of a chunk: perhaps a transposition, then bytes, then what packs these.
void add_chunk_codecs(const json& codecs, ZarrMetadata& array) {
  size_t i = 0;
  array.order = counted_up(array.shape.size());
  if (!codecs.empty() && codecs[0].at("name") == "transpose") {
    array.order = codecs[0].at("configuration").at("order").get<std::vector<int64_t>>();
    if (!std::is_permutation(array.order.begin(), array.order.end(), counted_up(array.shape.size()).begin(),
                             counted_up(array.shape.size()).end()))
      throw Error("its transpose codec names no order of dimensions");
    ++i;
  }
  if (i >= codecs.size() || codecs[i].at("name") != "bytes")
    throw Error("its codecs are " + codecs.dump() + ", expected 'bytes' before those that pack bytes");
  array.type.is_big_endian = is_big_endian_bytes(codecs[i]);
  array.codecs = byte_codecs_of(codecs, i + 1);
}

void add_codecs(const json& codecs, ZarrMetadata& array) {
  if (codecs.empty() || codecs[0].at("name") != "sharding_indexed") return add_chunk_codecs(codecs, array);
  if (codecs.size() != 1) throw Error("its shards are packed as a whole, expected packed chunks in them");
  const auto& shard = codecs[0].at("configuration");
  array.chunk = lengths_of(shard, "chunk_shape");
  if (array.chunk.size() != array.stored.size())
    throw Error("its shards have other dimensions than its chunks");
  for (size_t i = 0; i < array.chunk.size(); ++i)
    if (array.stored[i] % array.chunk[i] != 0) throw Error("its shards are no whole number of chunks");
  add_chunk_codecs(shard.at("codecs"), array);
  const auto& index = shard.at("index_codecs");
  if (index.empty() || index[0].at("name") != "bytes" || is_big_endian_bytes(index[0]))
    throw Error("the index of its shards is packed as " + index.dump() + ", expected little-endian bytes");
  array.index_codecs = byte_codecs_of(index, 1);
  if (std::any_of(array.index_codecs.begin(), array.index_codecs.end(),
                  [](ZarrCodec codec) { return codec != ZarrCodec::kCrc32c; }))
    throw Error("the index of its shards is packed as " + index.dump() + ", expected one of fixed size");
  array.index_is_first = shard.value("index_location", "end") == "start";
}

ZarrMetadata parse_zarr3(const json& text) {
  if (text.at("node_type") != "array") throw Error("it is a group of arrays, expected an array");
  ZarrMetadata array;
  array.shape = lengths_of(text, "shape");
  if (text.at("chunk_grid").at("name") != "regular")
    throw Error("its chunks have different sizes, expected a regular grid");
  array.chunk = array.stored = lengths_of(text.at("chunk_grid").at("configuration"), "chunk_shape");
  if (!text.at("data_type").is_string()) fail_type(text.at("data_type").dump());
  array.type = type_of_zarr3(text.at("data_type"));
  array.fill = fill_of(text.at("fill_value"));
  const auto& keys = text.at("chunk_key_encoding");
  const bool is_default = keys.at("name") == "default";
  array.prefix = is_default ? "c" : "";
  array.separator = is_default ? "/" : ".";
  if (keys.contains("configuration"))
    array.separator = keys["configuration"].value("separator", array.separator);
  if (is_default) array.prefix += array.separator;
  add_codecs(text.at("codecs"), array);
  if (text.contains("dimension_names") && text["dimension_names"].is_array())
    for (const auto& name : text["dimension_names"])
      array.dimension_names.push_back(name.is_string() ? name.get<std::string>() : "");
  return array;
}

void check_metadata(const ZarrMetadata& array) {
  if (array.chunk.size() != array.shape.size() || array.stored.size() != array.shape.size())
    throw Error("its chunks have other dimensions than the array");
  if (array.chunk_bytes() > kLargestChunk)
    throw Error("a chunk has more than 1 GiB; write it with smaller ones");
  if (array.separator != "." && array.separator != "/")
    throw Error("the names of its chunks have '" + array.separator + "' between numbers, expected . or /");
}

}  // namespace

fs::path ZarrMetadata::file_of(const std::vector<int64_t>& number) const {
  std::string name = prefix;
  for (size_t i = 0; i < number.size(); ++i) name += (i == 0 ? "" : separator) + std::to_string(number[i]);
  return name;
}

int64_t ZarrMetadata::chunk_bytes() const {
  int64_t bytes = type.bytes;
  for (const int64_t length : chunk) bytes = std::min(bytes * std::min(length, kLongest / bytes), kLongest);
  return bytes;
}

bool is_zarr(const fs::path& folder) {
  return has_file(folder, "zarr.json") || has_file(folder, ".zgroup") || has_file(folder, ".zarray") ||
         has_file(folder, ".zattrs");
}

bool is_zarr_array(const fs::path& folder) {
  if (has_file(folder, ".zarray")) return true;
  return has_file(folder, "zarr.json") && read_json(folder / "zarr.json").value("node_type", "") == "array";
}

json read_zarr_attributes(const fs::path& folder) {
  if (has_file(folder, "zarr.json")) {
    const auto text = read_json(folder / "zarr.json");
    return text.contains("attributes") && text["attributes"].is_object() ? text["attributes"]
                                                                         : json::object();
  }
  return has_file(folder, ".zattrs") ? read_json(folder / ".zattrs") : json::object();
}

ZarrMetadata read_zarr_metadata(const fs::path& folder) try {
  const bool is_zarr3 = has_file(folder, "zarr.json");
  if (!is_zarr3 && !has_file(folder, ".zarray"))
    throw Error("its array " + folder.filename().string() + " is not there");
  auto array =
      is_zarr3 ? parse_zarr3(read_json(folder / "zarr.json")) : parse_zarr2(read_json(folder / ".zarray"));
  check_metadata(array);
  return array;
} catch (const json::exception&) {
  throw Error("the metadata of its array " + folder.filename().string() + " are damaged or incomplete");
}

}  // namespace priorseg
