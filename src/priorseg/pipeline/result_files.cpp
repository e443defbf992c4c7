#include "priorseg/pipeline/result_files.h"

#include <limits.h>
#include <sys/stat.h>

#include <fstream>
#include <system_error>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/pipeline/own_files.h"

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

void InputFiles::refuse_as_outputs(const std::vector<fs::path>& outputs) const {
  for (const auto& output : outputs) {
    if (const auto input = find(output)) {
      throw Error(output.string() + " would be replaced, but it is the input " + input->string() +
                  "; give another name for the results with -o");
    }
  }
}

void check_result_files(const std::vector<fs::path>& outputs, const std::vector<fs::path>& inputs) {
  InputFiles(inputs).refuse_as_outputs(outputs);
  for (const auto& output : outputs) {
    std::error_code error;
    const bool exists = fs::exists(fs::symlink_status(output, error));
    if (exists && fs::is_directory(output, error))
      throw Error(output.string() + " is a folder, expected the name of a file");
    const bool is_known = output.extension() == ".safetensors" || output.native().ends_with("losses.csv");
    if (exists && is_known && !is_own_by_content(output)) {
      throw Error(output.string() +
                  " exists and was not written by priorseg; give another name, or move it away");
    }
    const PartialFile probe(output);
    if (!std::ofstream(probe.temporary()) || output.filename().native().size() > NAME_MAX) {
      throw Error("cannot write " + output.string() +
                  ": check the folder's permissions and the length of the name, or give another name");
    }
  }
}

}  // namespace priorseg
