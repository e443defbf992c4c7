#include "priorseg/image/file_kind.h"

#include <fstream>
#include <string_view>
#include <system_error>

#include "priorseg/image/picture.h"
#include "priorseg/image/picture_file.h"
#include "priorseg/image/slide_stack.h"
#include "priorseg/image/zarr_metadata.h"

namespace priorseg {

using namespace std::string_view_literals;

FileKind kind_of_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail_reading(path, "there is no such file");
  if (is_zarr(path)) return FileKind::kZarr;
  if (is_slide(path)) return FileKind::kSlide;
  if (!std::filesystem::is_regular_file(path, error)) fail_reading(path, "it is no file");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_reading(path, "opening it is not permitted");
  char bytes[8] = {};
  file.read(bytes, sizeof bytes);
  const std::string_view start(bytes, static_cast<size_t>(file.gcount()));
  if (start.empty()) fail_reading(path, "the file is empty");
  for (const auto signature : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (start.starts_with(signature)) return FileKind::kTiff;
  if (start.starts_with(kPngSignature)) return FileKind::kPng;
  if (start.starts_with(kJpegSignature)) return FileKind::kJpeg;
  if (start.starts_with(kBmpSignature)) return FileKind::kBmp;
  fail_reading(path, "it is no image; expected TIFF, PNG, JPEG, BMP, OME-Zarr or a whole slide");
}

}  // namespace priorseg
