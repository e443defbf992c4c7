#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace priorseg {

/// A file that is written under a temporary name beside `path` (short, hidden, same extension) and appears
/// under its own name when it is whole. Without commit() the temporary file is removed and `path` is left as
/// it was. It may be a folder, which its user makes, and which replaces a folder as a whole; a file
/// replaces no folder.
class PartialFile {
 public:
  /// Makes missing parent folders. @throws Error where a folder cannot be made.
  explicit PartialFile(std::filesystem::path path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Renames the temporary file, which must be closed, to `path`. @throws Error where that fails.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
};

/// Calls `write` with a temporary path in the folder of `path` (same extension), then renames the result to
/// `path`. Missing parent folders are made. If `write` throws, the temporary file is removed and `path` is
/// left as it was.
/// @throws Error where the folder cannot be made or the rename fails; whatever `write` throws.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// Writes `text` to `path` as write_atomically does.
void write_text_atomically(const std::filesystem::path& path, std::string_view text);

/// Removes the temporary files directly in `folder` that processes left which have ended. A process that is
/// alive keeps its files, but for this one: call it before it writes there. Where `folder` lies on a disk
/// that other computers write to, hold a lock on it: their processes are not seen.
/// @return  how many.
int64_t remove_partial_files(const std::filesystem::path& folder);

}  // namespace priorseg
