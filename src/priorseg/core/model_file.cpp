#include "priorseg/core/model_file.h"

#include "priorseg/core/tensor_file.h"

namespace priorseg {
namespace {

constexpr const char* kFormatKey = "format";
constexpr const char* kSettingsKey = "settings";

std::string format_of(const TensorFile& file) {
  const auto found = file.metadata.find(kFormatKey);
  return found == file.metadata.end() ? std::string() : found->second;
}

/// Null where there are none; discarded where they are damaged.
nlohmann::json settings_of(const TensorFile& file) {
  const auto found = file.metadata.find(kSettingsKey);
  return found == file.metadata.end() ? nlohmann::json()
                                      : nlohmann::json::parse(found->second, nullptr, /*exceptions=*/false);
}

std::map<std::string, std::string> further_of(std::map<std::string, std::string> metadata) {
  metadata.erase(kFormatKey);
  metadata.erase(kSettingsKey);
  return metadata;
}

}  // namespace

void detail::fail_damaged(const std::filesystem::path& path, const ModelFormat& format) {
  throw Error(path.string() + " has damaged settings; " + format.remedy);
}

void write_model_file(const std::filesystem::path& path, const ModelFormat& format,
                      const nlohmann::json& settings, const std::map<std::string, torch::Tensor>& tensors,
                      const std::map<std::string, std::string>& further) {
  TensorFile file{tensors, further};
  file.metadata[kFormatKey] = format.name;
  file.metadata[kSettingsKey] = settings.dump();
  write_tensor_file(path, file);
}

ModelFile read_model_file(const std::filesystem::path& path, const ModelFormat& format) {
  TensorFile file = read_tensor_file(path);
  const std::string found = format_of(file);
  if (found != format.name) {
    throw Error(path.string() + " is " + (found.empty() ? "no file of priorseg" : "a '" + found + "'") +
                ", expected a '" + format.name + "' as written by " + format.written_by);
  }
  auto settings = settings_of(file);
  if (settings.is_null()) throw Error(path.string() + " has no settings; " + format.remedy);
  if (!settings.is_object()) detail::fail_damaged(path, format);
  return {found, std::move(settings), std::move(file.tensors), further_of(std::move(file.metadata))};
}

ModelFile read_any_model_file(const std::filesystem::path& path) {
  TensorFile file = read_tensor_file(path);
  const std::string found = format_of(file);
  if (!found.starts_with("priorseg "))
    throw Error(path.string() + " was not written by priorseg, expected a prior, a model or a checkpoint");
  auto settings = settings_of(file);
  if (settings.is_discarded()) throw Error(path.string() + " has damaged settings");
  return {found, std::move(settings), std::move(file.tensors), further_of(std::move(file.metadata))};
}

}  // namespace priorseg
