#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// The content of a safetensors file: named tensors and text metadata. The format cannot carry code.
struct TensorFile {
  std::map<std::string, torch::Tensor>
      tensors;  ///< contiguous CPU tensors: float32, float64, int32, int64, uint8, bool
  std::map<std::string, std::string> metadata;  ///< e.g. {"priorseg": "{...settings as JSON...}"}
};

/// Writes a safetensors file to a temporary name beside `path` and renames it.
/// @throws Error where the file cannot be written, or on a dtype that the format or this project does not
/// use.
void write_tensor_file(const std::filesystem::path& path, const TensorFile& content);

/// @throws Error where the file cannot be read, is cut short or is no safetensors file. Every offset is
/// checked.
TensorFile read_tensor_file(const std::filesystem::path& path);

}  // namespace priorseg
