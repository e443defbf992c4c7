#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace priorseg {

/// The files that a job reads, known under whatever name: links lead to the same file.
class InputFiles {
 public:
  explicit InputFiles(const std::vector<std::filesystem::path>& paths);

  /// The input that `path` is too.
  std::optional<std::filesystem::path> find(const std::filesystem::path& path) const;
  /// @throws Error where one of `outputs` is an input.
  void refuse_as_outputs(const std::vector<std::filesystem::path>& outputs) const;

 private:
  std::map<std::pair<uint64_t, uint64_t>, std::filesystem::path> path_of_;  // by device and number there
};

/// For a job that writes single files, which the user named: a prior, a model, a table. Call it before the
/// work. Missing folders are made.
/// @throws Error where one of them cannot be written or is an input; where a .safetensors file or a
/// losses.csv exists that priorseg did not write.
void check_result_files(const std::vector<std::filesystem::path>& outputs,
                        const std::vector<std::filesystem::path>& inputs);

}  // namespace priorseg
