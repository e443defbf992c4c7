#include "priorseg/core/atomic_file.h"

#include <unistd.h>

#include <fstream>
#include <system_error>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;

void write_atomically(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) throw Error("cannot make the folder " + path.parent_path().string() + ": " + error.message());
  // The extension stays last: image writers choose the format by it. The process id keeps two programs apart.
  fs::path temporary = path;
  temporary.replace_filename("." + path.stem().string() + ".partial-" + std::to_string(::getpid()) +
                             path.extension().string());
  try {
    write(temporary);
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
  fs::rename(temporary, path, error);
  if (error) {
    const std::string why = error.message();
    fs::remove(temporary, error);
    throw Error("cannot write " + path.string() + ": " + why);
  }
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
