#pragma once

#include <filesystem>
#include <memory>
#include <string>

struct tiff;  // libtiff's TIFF; its header stays inside the .cpp files

namespace priorseg {

/// An open TIFF file. Messages of libtiff are collected instead of printed, per handle, so that threads do
/// not mix.
class TiffHandle {
 public:
  /// @param path  opened now.
  /// @param mode  as TIFFOpen: "rm" to read (without memory mapping), "w" to write, "w8" to write a BigTIFF.
  /// @param name  how messages call the file (differs from `path` while a temporary file is written).
  /// @throws Error where the file cannot be opened or is no TIFF.
  TiffHandle(const std::filesystem::path& path, const char* mode, const std::filesystem::path& name);
  ~TiffHandle();
  TiffHandle(const TiffHandle&) = delete;
  TiffHandle& operator=(const TiffHandle&) = delete;

  tiff* get() const { return tiff_; }

  /// @throws Error "cannot read NAME: `what`", followed by libtiff's first message if there is one.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string name_;
  bool writing_ = false;
  std::unique_ptr<std::string> first_message_;  // its address is given to libtiff
  tiff* tiff_ = nullptr;
};

}  // namespace priorseg
