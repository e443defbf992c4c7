#include "priorseg/core/tensor_file.h"

#include <torch/types.h>

#include <algorithm>
#include <compare>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"

// Layout: 8 bytes little-endian header length, a JSON header {"name": {"dtype", "shape", "data_offsets"},
// ...,
// "__metadata__": {text: text}}, then the tensors' bytes; offsets count from the end of the header.
namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

struct NamedDtype {
  const char* name;
  torch::ScalarType dtype;
};
constexpr NamedDtype kDtypes[] = {{"F32", torch::kFloat32}, {"F64", torch::kFloat64}, {"I32", torch::kInt32},
                                  {"I64", torch::kInt64},   {"U8", torch::kUInt8},    {"BOOL", torch::kBool}};

const char* name_of(torch::ScalarType dtype) {
  for (const auto& entry : kDtypes) {
    if (entry.dtype == dtype) return entry.name;
  }
  throw Error(std::string("cannot write a tensor of type ") + torch::toString(dtype) +
              " to a safetensors file");
}

[[noreturn]] void fail_damaged(const fs::path& path, const std::string& what) {
  throw Error(path.string() + " is not a whole safetensors file: " + what +
              "; expected a file written by priorseg");
}

[[noreturn]] void fail_unreadable_header(const fs::path& path) {
  fail_damaged(path, "its header is not the expected JSON");
}

/// Where a tensor's bytes lie in the data part.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  auto operator<=>(const ByteRange&) const = default;
};

/// A list of integers; the JSON library alone would cut 8.5 to 8.
template <class Integer>
std::vector<Integer> integers(const nlohmann::json& list, const fs::path& path) {
  for (const auto& value : list) {
    if (!value.is_number_integer()) fail_unreadable_header(path);
  }
  return list.get<std::vector<Integer>>();
}

/// Bytes of a tensor, checked at every factor so that no product can overflow. `available` are in the file.
uint64_t bytes_of(const std::vector<int64_t>& shape, uint64_t element_bytes, uint64_t available,
                  const fs::path& path) {
  constexpr size_t kMaxDimensions = 16;
  constexpr uint64_t kMaxBytesIfEmpty = uint64_t{1}
                                        << 48;  // LibTorch multiplies the other lengths of an empty tensor
  if (shape.size() > kMaxDimensions) {
    fail_damaged(path, "a tensor has " + std::to_string(shape.size()) + " dimensions");
  }
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  const uint64_t limit = empty ? kMaxBytesIfEmpty : available;
  uint64_t bytes = element_bytes;
  for (const int64_t length : shape) {
    if (length == 0) continue;
    if (length < 0 || bytes > limit / static_cast<uint64_t>(length)) {
      fail_damaged(path, "a tensor is larger than the file");
    }
    bytes *= static_cast<uint64_t>(length);
  }
  return empty ? 0 : bytes;
}

/// Reads the tensor that `entry` of the header describes and appends its bytes to `ranges`.
torch::Tensor read_tensor(const nlohmann::json& entry, const std::vector<char>& data, const fs::path& path,
                          std::vector<ByteRange>& ranges) {
  const auto& dtype_name = entry.at("dtype").get_ref<const std::string&>();
  const auto known = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                  [&](const NamedDtype& candidate) { return dtype_name == candidate.name; });
  if (known == std::end(kDtypes)) {
    fail_damaged(path, "tensor type " + entry.at("dtype").dump() + " is not used by priorseg");
  }
  const auto shape = integers<int64_t>(entry.at("shape"), path);
  const uint64_t bytes = bytes_of(shape, torch::elementSize(known->dtype), data.size(), path);
  const auto offsets = integers<uint64_t>(entry.at("data_offsets"), path);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size() ||
      offsets[1] - offsets[0] != bytes) {
    fail_damaged(path, "a tensor's bytes lie outside the file");
  }
  ranges.push_back({offsets[0], offsets[1]});
  // A byte of a bool other than 0 and 1 is undefined behaviour: read as a number first.
  const bool is_bool = known->dtype == torch::kBool;
  torch::Tensor tensor = torch::empty(shape, is_bool ? torch::kUInt8 : known->dtype);
  if (bytes > 0) std::memcpy(tensor.data_ptr(), data.data() + offsets[0], bytes);
  return is_bool ? tensor.ne(0) : tensor;
}

/// The format allows no overlap and no gap. An overlap would also let a small file fill the memory.
void check_ranges(std::vector<ByteRange> ranges, uint64_t data_bytes, const fs::path& path) {
  std::sort(ranges.begin(), ranges.end());
  uint64_t position = 0;
  for (const ByteRange& range : ranges) {
    if (range.begin != position) fail_damaged(path, "its tensors overlap or leave a gap");
    position = range.end;
  }
  if (position != data_bytes) fail_damaged(path, "its tensors overlap or leave a gap");
}

}  // namespace

void write_tensor_file(const fs::path& path, const TensorFile& content) {
  nlohmann::json header = nlohmann::json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::vector<torch::Tensor> ordered;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (!tensor.defined())
      throw Error("cannot write tensor '" + name + "' to " + path.string() + ": it is undefined");
    ordered.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const uint64_t end = offset + ordered.back().nbytes();
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // tensors start on 8 bytes: readers may map the file
  write_atomically(path, [&](const fs::path& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    const uint64_t header_bytes = text.size();
    char prefix[8];
    for (int i = 0; i < 8; ++i) prefix[i] = static_cast<char>(header_bytes >> (8 * i));
    file.write(prefix, 8);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const auto& tensor : ordered) {
      file.write(static_cast<const char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    }
    file.close();
    if (!file)
      throw Error("cannot write " + path.string() + ": check the folder's permissions and free space");
  });
}

TensorFile read_tensor_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path))
    throw Error("cannot read " + path.string() + ": no such file, or no permission");
  unsigned char prefix[8];
  if (!file.read(reinterpret_cast<char*>(prefix), 8)) fail_damaged(path, "it is shorter than its header");
  uint64_t header_bytes = 0;
  for (int i = 0; i < 8; ++i) header_bytes |= static_cast<uint64_t>(prefix[i]) << (8 * i);
  const uint64_t file_bytes = fs::file_size(path);
  if (header_bytes > kMaxHeaderBytes || header_bytes > file_bytes - 8)
    fail_damaged(path, "its header is too long");
  std::string text(header_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(header_bytes));
  std::vector<char> data(file_bytes - 8 - header_bytes);
  file.read(data.data(), static_cast<std::streamsize>(data.size()));
  if (!file) fail_damaged(path, "it is cut short");

  TensorFile content;
  try {
    const nlohmann::json header = nlohmann::json::parse(text);
    if (!header.is_object()) fail_unreadable_header(path);
    std::vector<ByteRange> ranges;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        content.metadata = entry.get<std::map<std::string, std::string>>();
      } else {
        content.tensors[name] = read_tensor(entry, data, path, ranges);
      }
    }
    check_ranges(std::move(ranges), data.size(), path);
  } catch (const nlohmann::json::exception&) {
    fail_unreadable_header(path);
  }
  return content;
}

}  // namespace priorseg
