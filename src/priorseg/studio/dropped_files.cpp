#include "priorseg/studio/dropped_files.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>
#include <system_error>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "dropped-images-";
constexpr size_t kLongestName = 200;  // bytes; results add endings to it

fs::path under_way(fs::path file) { return file += ".part"; }

/// A name of one file, whatever a page calls it.
std::string plain_file_name(const std::string& called) {
  std::string name;
  for (const char c : called) {
    const bool is_control = static_cast<unsigned char>(c) < 32 || c == 127;
    name += is_control || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos ? '_' : c;
  }
  if (name.empty() || name.front() == '.' || name.size() > kLongestName)
    throw Error("'" + utf8_or_escaped(called) + "' is no name for an image file");
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kEndings[] = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".svs", ".ndpi"};
  if (std::find(std::begin(kEndings), std::end(kEndings), ending) == std::end(kEndings))
    throw Error(utf8_or_escaped(called) + " is no image by its name, expected TIFF, PNG, JPEG or BMP");
  return name;
}

}  // namespace

std::string DroppedFiles::begin() const {
  std::error_code failed;
  fs::create_directories(parent_, failed);
  for (int number = 1; number <= kMostFiles; ++number) {
    const auto name = std::string(kPrefix) + std::to_string(number);
    if (fs::create_directory(parent_ / name, failed)) return name;
    if (failed) throw Error("cannot make a folder in " + parent_.string() + ": " + failed.message());
  }
  throw Error(parent_.string() + " holds too many folders of dropped images");
}

fs::path DroppedFiles::folder(const std::string& drop) const {
  const bool is_one =
      drop.starts_with(kPrefix) && drop.size() > kPrefix.size() &&
      std::all_of(drop.begin() + kPrefix.size(), drop.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_one || !fs::is_directory(parent_ / drop))
    throw Error("there is no folder of dropped images of this name");
  return parent_ / drop;
}

fs::path DroppedFiles::file(const std::string& drop, const std::string& name) const {
  return folder(drop) / plain_file_name(name);
}

void DroppedFiles::append(const std::string& drop, const std::string& name, int64_t offset,
                          const std::string& bytes) const {
  const auto whole = file(drop, name), part = under_way(whole);
  std::error_code failed;
  if (fs::exists(whole)) throw Error("two of the dropped files are called " + utf8_or_escaped(name));
  const auto there = fs::exists(part) ? static_cast<int64_t>(fs::file_size(part)) : 0;
  const auto in_folder = std::distance(fs::directory_iterator(whole.parent_path()), fs::directory_iterator());
  const auto size = static_cast<int64_t>(bytes.size());
  if (offset != there) throw Error(utf8_or_escaped(name) + " came in the wrong order; drop it again");
  if (there + size > kMostBytesOfFile || (there == 0 && in_folder >= kMostFiles))
    throw Error("too much was dropped, expected at most 20,000 files of 16 GiB; open their folder instead");
  if (static_cast<int64_t>(fs::space(parent_, failed).available) < size + kFreeBytes)
    throw Error("the disk of " + parent_.string() + " is nearly full; open the folder of the images instead");
  std::ofstream stream(part, std::ios::binary | std::ios::app);
  stream.write(bytes.data(), static_cast<std::streamsize>(size));
  if (!stream.flush()) throw Error("cannot write " + part.string());
}

void DroppedFiles::finish(const std::string& drop, const std::string& name, int64_t size) const {
  const auto whole = file(drop, name), part = under_way(whole);
  std::error_code failed;
  if (static_cast<int64_t>(fs::file_size(part, failed)) != size || failed)
    throw Error(utf8_or_escaped(name) + " did not come whole; drop it again");
  fs::create_hard_link(part, whole, failed);  // unlike a rename it replaces nothing
  if (failed && fs::exists(whole))
    throw Error("two of the dropped files are called " + utf8_or_escaped(name));
  if (failed) fs::rename(part, whole);  // a file system without links
  fs::remove(part, failed);
}

}  // namespace priorseg
