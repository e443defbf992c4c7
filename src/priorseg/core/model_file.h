#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor.h"

namespace priorseg {

/// A kind of file that this program writes: a prior, a model or a checkpoint.
struct ModelFormat {
  const char* name;        ///< as it stands in the file, e.g. "priorseg model 1"
  const char* written_by;  ///< for messages, e.g. "'priorseg train' or 'priorseg run'"
  const char* remedy;      ///< of a damaged file, for messages, e.g. "train it again with 'priorseg train'"
};

/// The content of such a file.
struct ModelFile {
  std::string format;                            ///< the name
  nlohmann::json settings;                       ///< an object
  std::map<std::string, torch::Tensor> tensors;  ///< contiguous, on the CPU; see TensorFile for dtypes
  std::map<std::string, std::string> further;    ///< metadata beside format and settings
};

/// Writes a safetensors file, atomically: name of the format and settings, as JSON text, are its metadata.
/// @param further  more metadata, for programs that do not know the settings.
/// @throws Error where the file cannot be written.
void write_model_file(const std::filesystem::path& path, const ModelFormat& format,
                      const nlohmann::json& settings, const std::map<std::string, torch::Tensor>& tensors,
                      const std::map<std::string, std::string>& further = {});

/// @throws Error, with the path, where the file cannot be read, is of another format, or has damaged settings
/// or none.
ModelFile read_model_file(const std::filesystem::path& path, const ModelFormat& format);

/// Reads a file of any format of this program, e.g. to show it. Settings may be missing: null then.
/// @throws Error, with the path, where the file cannot be read, is none of this program or damaged.
ModelFile read_any_model_file(const std::filesystem::path& path);

namespace detail {
[[noreturn]] void fail_damaged(const std::filesystem::path& path, const ModelFormat& format);
}  // namespace detail

/// Reads a file and makes of it what it holds.
/// @param make  called with the ModelFile; may throw Error, or nlohmann's exceptions for missing settings.
/// @return      what `make` returns.
/// @throws Error, with the path, from read_model_file or where `make` failed.
template <class Make>
auto load_model_file(const std::filesystem::path& path, const ModelFormat& format, const Make& make) {
  const ModelFile file = read_model_file(path, format);
  try {
    return make(file);
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  } catch (const nlohmann::json::exception&) {
    detail::fail_damaged(path, format);
  }
}

}  // namespace priorseg
