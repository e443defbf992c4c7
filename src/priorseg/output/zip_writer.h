#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "priorseg/core/atomic_file.h"

namespace priorseg {

/// Writes a zip archive, entry by entry. It appears under its name when it is whole and replaces what stood
/// there. Entries have no time, so that the same content gives the same bytes.
class ZipWriter {
 public:
  /// @throws Error where the file cannot be written.
  explicit ZipWriter(const std::filesystem::path& path);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// @throws Error on a full disk.
  void add(const std::string& name, std::string_view bytes);
  /// @param comment  of the archive, at most 65,535 bytes (more are cut off).
  void finish(const std::string& comment);

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  PartialFile file_;
  void* zip_ = nullptr;  // zipFile of minizip
};

}  // namespace priorseg
