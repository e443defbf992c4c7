#include "priorseg/core/atomic_file.h"

#include <unistd.h>

#include <fstream>
#include <system_error>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;

PartialFile::PartialFile(fs::path path) : path_(std::move(path)), temporary_(path_) {
  std::error_code error;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), error);
  if (error) throw Error("cannot make the folder " + path_.parent_path().string() + ": " + error.message());
  // The extension stays last: image writers choose the format by it. The process id keeps two programs apart.
  temporary_.replace_filename("." + path_.stem().string() + ".partial-" + std::to_string(::getpid()) +
                              path_.extension().string());
}

PartialFile::~PartialFile() {
  std::error_code error;
  if (!temporary_.empty()) fs::remove(temporary_, error);
}

void PartialFile::commit() {
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) throw Error("cannot write " + path_.string() + ": " + error.message());
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

}  // namespace priorseg
