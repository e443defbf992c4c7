#include "priorseg/core/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMark = ".partial-";
constexpr size_t kLongestExtension = 16;  // of the formats that are written here, with room to spare

/// A name that does not grow with that of the file, so that a file may have the longest name that its folder
/// takes. The extension stays last: image writers choose the format by it. The process id tells whose it is,
/// the random number keeps apart programs of the same id, in containers that share a folder.
std::string temporary_name(const fs::path& path) {
  static std::atomic<uint64_t> count = 0;
  char random[16];
  std::snprintf(random, sizeof(random), "-%08x", std::random_device()());
  const std::string extension = path.extension().string();
  return std::string(kMark) + std::to_string(::getpid()) + random + "-" + std::to_string(count++) +
         (extension.size() <= kLongestExtension ? extension : "");
}

/// The process that wrote a temporary file of that name: ".partial-PID-..." or ".NAME.partial-PID.EXT" of
/// earlier versions.
std::optional<pid_t> writer_of(const std::string& name) {
  const size_t mark = name.rfind(kMark);
  if (mark == std::string::npos || name.front() != '.') return std::nullopt;
  const char* digits = name.data() + mark + kMark.size();
  pid_t process = 0;
  const auto [end, error] = std::from_chars(digits, name.data() + name.size(), process);
  const bool ends_well = end == name.data() + name.size() || *end == '.' || (mark == 0 && *end == '-');
  if (error != std::errc() || process <= 0 || !ends_well) return std::nullopt;
  return process;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno == EPERM; }

}  // namespace

PartialFile::PartialFile(fs::path path) : path_(std::move(path)), temporary_(path_) {
  std::error_code error;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), error);
  if (error) throw Error("cannot make the folder " + path_.parent_path().string() + ": " + error.message());
  temporary_.replace_filename(temporary_name(path_));
}

PartialFile::~PartialFile() {
  std::error_code error;
  if (!temporary_.empty()) fs::remove_all(temporary_, error);
}

void PartialFile::commit() {
  std::error_code error;
  fs::path replaced;
  const bool is_folder = fs::is_directory(fs::symlink_status(temporary_, error));
  if (is_folder && fs::is_directory(fs::symlink_status(path_, error))) {  // it cannot be renamed over
    replaced = temporary_;
    replaced += "-replaced";
    fs::rename(path_, replaced, error);
  }
  fs::rename(temporary_, path_, error);
  if (error) {
    std::error_code ignored;
    if (!replaced.empty()) fs::rename(replaced, path_, ignored);
    throw Error("cannot write " + path_.string() + ": " + error.message());
  }
  if (!replaced.empty()) fs::remove_all(replaced, error);
  temporary_.clear();
}

void write_atomically(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  PartialFile file(path);
  write(file.temporary());
  file.commit();
}

void write_text_atomically(const fs::path& path, std::string_view text) {
  write_atomically(path, [&](const fs::path& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file)
      throw Error("cannot write " + path.string() + ": check the folder's permissions and free space");
  });
}

int64_t remove_partial_files(const fs::path& folder) {
  std::error_code error;
  int64_t removed = 0;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto writer = writer_of(entry.path().filename().string());
    const bool is_left = writer && (*writer == ::getpid() || !is_alive(*writer));
    const auto type = entry.symlink_status(error).type();
    if (is_left && (type == fs::file_type::regular || type == fs::file_type::directory))
      removed += fs::remove_all(entry.path(), error) > 0 ? 1 : 0;
  }
  return removed;
}

}  // namespace priorseg
