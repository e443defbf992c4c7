#pragma once

#include <filesystem>

namespace priorseg {

/// Keeps a folder for one process at a time. The kernel lets go of the lock when the process ends, however it
/// ends.
class FolderLock {
 public:
  /// Where a file system knows no locks (some network drives), process and computer are written down instead,
  /// and the lock is free when that process has ended.
  enum class Means { kKernel, kWrittenDown };

  /// Takes the lock. Makes the folder and, for the lock, a folder `own` in it.
  ///
  /// @param folder  as messages name it.
  /// @throws Error where another process has it (told by number, computer and time) or nothing can be written
  ///         there.
  FolderLock(const std::filesystem::path& folder, const std::filesystem::path& own,
             Means means = Means::kKernel);
  /// Gives it back. Folders that this lock made are removed where nothing was put into them.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  bool take_or_close(Means means);
  void take(Means means);
  void check_written_down() const;
  void write_down() const;

  std::filesystem::path folder_, own_, file_;
  bool made_folder_ = false;
  int descriptor_ = -1;
};

}  // namespace priorseg
