#include "priorseg/image/jpeg_file.h"

#include <csetjmp>
#include <cstdio>
#include <vector>

// clang-format off: needs what is above.
#include <jpeglib.h>
// clang-format on

#include "priorseg/image/byte_order.h"

namespace priorseg {
namespace {

using namespace std::string_view_literals;

struct JpegHeader {
  int64_t height = 0, width = 0;
  int components = 0;
};

/// Also sees to it that the end of the file is there: libjpeg fills what is missing with grey.
JpegHeader read_jpeg_header(const std::filesystem::path& path, std::string_view bytes) {
  JpegHeader header;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (static_cast<uint8_t>(bytes[at]) != 0xff) fail_damaged(path);
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    const size_t length = big_endian(bytes, at + 2, 2);
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame && at + 10 <= bytes.size()) {
      header.height = big_endian(bytes, at + 5, 2);
      header.width = big_endian(bytes, at + 7, 2);
      header.components = static_cast<uint8_t>(bytes[at + 9]);
    }
    if (marker == 0xda) {  // pixels follow, and after them the end marker
      if (bytes.find("\xff\xd9"sv, at) == std::string_view::npos) fail_damaged(path);
      return header;
    }
    at += 2 + length;
  }
  fail_damaged(path);
}

struct JpegErrors {
  jpeg_error_mgr manager{};  // first, so that libjpeg's pointer to it is one to the whole
  std::jmp_buf on_failure{};
};

[[noreturn]] void leave_jpeg(j_common_ptr codec) {
  std::longjmp(reinterpret_cast<JpegErrors*>(codec->err)->on_failure, 1);
}
void keep_jpeg_quiet(j_common_ptr) {}

/// libjpeg leaves this function by longjmp where it fails: no object here has a destructor.
/// @param samples  memory for all rows.
bool read_jpeg_rows(jpeg_decompress_struct& codec, JpegErrors& errors, std::string_view bytes,
                    const JpegHeader& header, uint8_t* samples) {
  codec.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave_jpeg;
  errors.manager.output_message = keep_jpeg_quiet;
  if (setjmp(errors.on_failure)) return false;
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = header.components == 1   ? JCS_GRAYSCALE
                          : header.components == 4 ? JCS_CMYK
                                                   : JCS_RGB;
  jpeg_start_decompress(&codec);
  if (codec.output_height != header.height || codec.output_width != header.width) return false;
  const size_t bytes_per_row = static_cast<size_t>(codec.output_width) * codec.output_components;
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = samples + codec.output_scanline * bytes_per_row;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_finish_decompress(&codec);
  return true;
}

/// Inks as Adobe stores them: 255 is none.
void inks_to_rgb(const std::vector<uint8_t>& inks, std::vector<uint8_t>& rgb) {
  for (size_t pixel = 0; pixel < inks.size() / 4; ++pixel) {
    const int black = inks[4 * pixel + 3];
    for (size_t c = 0; c < 3; ++c) {
      const int removed = (255 - inks[4 * pixel + c]) * black / 256;
      rgb[3 * pixel + c] = static_cast<uint8_t>(black - removed);
    }
  }
}

}  // namespace

Picture decode_jpeg(const std::filesystem::path& path, std::string_view bytes) {
  const JpegHeader header = read_jpeg_header(path, bytes);
  const bool has_inks = header.components == 4;
  if (header.components != 1 && header.components != 3 && !has_inks) fail_damaged(path);
  Picture picture = make_picture(path, header.height, header.width, header.components == 1 ? 1 : 3, 8);
  std::vector<uint8_t> inks(has_inks ? picture.samples.size() / 3 * 4 : 0);
  jpeg_decompress_struct codec{};
  JpegErrors errors;
  const bool read =
      read_jpeg_rows(codec, errors, bytes, header, has_inks ? inks.data() : picture.samples.data());
  jpeg_destroy_decompress(&codec);
  if (!read) fail_damaged(path);
  inks_to_rgb(inks, picture.samples);
  return picture;
}

}  // namespace priorseg
