#pragma once

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

 private:
  std::map<std::pair<uint64_t, uint64_t>, std::filesystem::path> path_of_;  // by device and number there
};

/// For a job that writes single files, which the user named: its model or table.
/// @throws Error where one of them is one of the files that the job reads.
void refuse_to_replace_inputs(const std::vector<std::filesystem::path>& outputs,
                              const std::vector<std::filesystem::path>& inputs);

}  // namespace priorseg
