#include "priorseg/pipeline/input_files.h"

#include <sys/stat.h>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

std::optional<std::pair<uint64_t, uint64_t>> identity_of(const fs::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return std::pair<uint64_t, uint64_t>(found.st_dev, found.st_ino);
}

}  // namespace

InputFiles::InputFiles(const std::vector<fs::path>& paths) {
  for (const auto& path : paths)
    if (const auto identity = identity_of(path)) path_of_.emplace(*identity, path);
}

std::optional<fs::path> InputFiles::find(const fs::path& path) const {
  const auto identity = identity_of(path);
  const auto input = identity ? path_of_.find(*identity) : path_of_.end();
  return input == path_of_.end() ? std::nullopt : std::optional(input->second);
}

void refuse_to_replace_inputs(const std::vector<fs::path>& outputs, const std::vector<fs::path>& inputs) {
  const InputFiles files(inputs);
  for (const auto& output : outputs) {
    if (const auto input = files.find(output)) {
      throw Error(output.string() + " would be replaced, but it is the input " + input->string() +
                  "; give another name for the result");
    }
  }
}

}  // namespace priorseg
