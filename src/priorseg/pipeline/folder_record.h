#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace priorseg {

/// What is written down of an image that is finished.
struct FinishedImage {
  int64_t objects = 0;
  uintmax_t label_map_bytes = 0;  ///< size of its label map
};

/// The list of what priorseg wrote into an output folder: a text file to which lines are added, so that
/// twenty thousand images cost no more each than one. The first line is "priorseg record 1"; then
///
///   wrote PATH                    a file of the folder, before it appears
///   finished OBJECTS BYTES STEM   an image with the size of its label map
///   open STEM                     an image that is worked on again
///
/// with names in UTF-8 (core/utf8.h). Lines of other kinds are passed over, and so is a last line that is cut
/// short. Not safe for several threads.
class FolderRecord {
 public:
  /// Reads the file, if there is one.
  /// @throws Error where it cannot be read or is of another version.
  explicit FolderRecord(std::filesystem::path file);

  bool exists() const { return size_ > 0; }
  /// @param path  relative to the folder.
  bool wrote(const std::filesystem::path& path) const { return written_.contains(path.string()); }
  const std::map<std::string, FinishedImage>& finished() const { return finished_; }

  /// Add what is not there yet. The file is made with the first line.
  /// @throws Error where it cannot be written.
  void add_written(const std::vector<std::filesystem::path>& paths);
  void add_finished(const std::map<std::string, FinishedImage>& images);
  void add_open(const std::vector<std::string>& stems);

 private:
  void read_line(const std::string& line);
  void append(const std::string& lines);

  std::filesystem::path file_;
  uintmax_t size_ = 0;  // of its whole lines, bytes
  std::set<std::string> written_;
  std::map<std::string, FinishedImage> finished_;
};

}  // namespace priorseg
