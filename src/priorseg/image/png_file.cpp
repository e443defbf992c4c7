#include "priorseg/image/png_file.h"

#include <png.h>
#include <zlib.h>

#include <bit>
#include <csetjmp>
#include <cstring>
#include <exception>
#include <vector>

#include "priorseg/core/version.h"
#include "priorseg/image/byte_order.h"

namespace priorseg {
namespace {

// libpng leaves a function by longjmp where it fails. Functions that call setjmp hold no object with a
// destructor; what they fill belongs to their caller.

/// libpng's own prints the message.
[[noreturn]] void leave_png(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void keep_png_quiet(png_structp, png_const_charp) {}

void read_png_bytes(png_structp png, png_bytep target, size_t count) {
  auto& rest = *static_cast<std::string_view*>(png_get_io_ptr(png));
  if (rest.size() < count) png_error(png, "cut short");
  std::memcpy(target, rest.data(), count);
  rest.remove_prefix(count);
}

/// The forms of samples that a PNG may have become one of two: grey, or red, green and blue.
void choose_png_samples(png_structp png, png_infop info) {
  if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
  // Without a palette it would stretch grey of few bits.
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  png_set_packing(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
}

/// @param rows  one pointer a row; as many bytes as `picture` has in a row.
bool read_png_rows(png_structp png, png_infop info, std::string_view& bytes, const Picture& picture,
                   png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &bytes, read_png_bytes);
  // A wrong checksum is an error in every chunk: such a file was damaged on its way.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
  choose_png_samples(png, info);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != static_cast<size_t>(picture.bytes_per_row()) ||
      png_get_image_height(png, info) != static_cast<size_t>(picture.height))
    return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

std::vector<png_bytep> rows_of(Picture& picture) {
  std::vector<png_bytep> rows(static_cast<size_t>(picture.height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = picture.samples.data() + y * picture.bytes_per_row();
  return rows;
}

void append_png_bytes(png_structp png, png_bytep bytes, size_t count) {
  bool has_room = true;
  try {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::exception&) {
    has_room = false;
  }
  if (!has_room) png_error(png, "out of memory");
}

/// Rows that are written as a PNG.
struct PngSamples {
  const uint8_t* bytes;
  int64_t height, width, bytes_per_pixel;
  int bits, colour_type;
  std::string software;  // empty: not told
};

/// Which program wrote the file.
void note_png_software(png_structp png, png_infop info, const char* software) {
  png_text text{};
  char key[] = "Software";
  text.compression = PNG_TEXT_COMPRESSION_NONE;
  text.key = key;
  text.text = const_cast<char*>(software);  // libpng copies it
  png_set_text(png, info, &text, 1);
}

bool write_png_rows(png_structp png, png_infop info, std::string& file, const PngSamples& samples) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, &file, append_png_bytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(samples.width), static_cast<png_uint_32>(samples.height),
               samples.bits, samples.colour_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  // The fastest choice: differences to the pixel before, and runs of them.
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_compression_level(png, Z_BEST_SPEED);
  png_set_compression_strategy(png, Z_RLE);
  if (!samples.software.empty()) note_png_software(png, info, samples.software.c_str());
  png_write_info(png, info);
  if constexpr (std::endian::native == std::endian::little)
    if (samples.bits == 16) png_set_swap(png);
  const int64_t bytes_per_row = samples.width * samples.bytes_per_pixel;
  for (int64_t y = 0; y < samples.height; ++y) png_write_row(png, samples.bytes + y * bytes_per_row);
  png_write_end(png, nullptr);
  return true;
}

std::string encode_rows_as_png(const PngSamples& samples) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, leave_png, keep_png_quiet);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  const bool written = info && write_png_rows(png, info, file, samples);
  png_destroy_write_struct(&png, &info);
  return written ? file : "";
}

}  // namespace

Picture decode_png(const std::filesystem::path& path, std::string_view bytes) {
  constexpr size_t kFirstChunk = 8, kHeaderEnd = 33;  // signature and IHDR
  if (bytes.size() < kHeaderEnd || bytes.substr(kFirstChunk + 4, 4) != "IHDR") fail_damaged(path);
  const uint32_t width = big_endian(bytes, 16, 4), height = big_endian(bytes, 20, 4);
  const int bits = bytes[24];
  const bool has_colours = (bytes[25] & PNG_COLOR_MASK_COLOR) != 0;
  Picture picture = make_picture(path, height, width, has_colours ? 3 : 1, bits == 16 ? 16 : 8);
  std::vector<png_bytep> rows = rows_of(picture);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, leave_png, keep_png_quiet);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  const bool read = info && read_png_rows(png, info, bytes, picture, rows.data());
  png_destroy_read_struct(&png, &info, nullptr);
  if (!read) fail_damaged(path);
  return picture;
}

std::string encode_rgb_png(const uint8_t* rgb, int64_t height, int64_t width) {
  return encode_rows_as_png({rgb, height, width, 3, 8, PNG_COLOR_TYPE_RGB, ""});
}

std::string encode_grey_png(const uint8_t* grey, int64_t height, int64_t width) {
  return encode_rows_as_png({grey, height, width, 1, 8, PNG_COLOR_TYPE_GRAY, ""});
}

std::string encode_grey_png(const uint16_t* grey, int64_t height, int64_t width) {
  return encode_rows_as_png({reinterpret_cast<const uint8_t*>(grey), height, width, 2, 16,
                             PNG_COLOR_TYPE_GRAY, std::string("priorseg ") + version()});
}

}  // namespace priorseg
