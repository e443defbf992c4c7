#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace priorseg {

/// Takes files that were dropped on the page into new folders of its own, piece by piece. Nothing that is
/// there is ever replaced, and a file stands under its name once it is whole. All functions throw Error with
/// what a person can mend.
class DroppedFiles {
 public:
  static constexpr int64_t kMostBytesOfFile = int64_t{16} << 30;
  static constexpr int64_t kMostFiles = 20000;
  /// What stays free on the disk.
  static constexpr int64_t kFreeBytes = int64_t{1} << 30;

  /// @param parent  folder that the new ones are made in.
  explicit DroppedFiles(std::filesystem::path parent) : parent_(std::move(parent)) {}

  const std::filesystem::path& parent() const { return parent_; }
  /// Makes a folder for one drop. @return its name.
  std::string begin() const;
  std::filesystem::path folder(const std::string& drop) const;
  /// Adds bytes to a file that is not whole yet.
  /// @param name    as the page calls the file: what cannot be part of a name becomes "_".
  /// @param offset  how many bytes of it came before.
  void append(const std::string& drop, const std::string& name, int64_t offset,
              const std::string& bytes) const;
  /// The file is whole.
  void finish(const std::string& drop, const std::string& name, int64_t size) const;

 private:
  std::filesystem::path file(const std::string& drop, const std::string& name) const;

  std::filesystem::path parent_;
};

}  // namespace priorseg
