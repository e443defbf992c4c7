#include "priorseg/image/tiff_page.h"

#include <tiffio.h>

#include "priorseg/image/tiff_handle.h"

namespace priorseg {
namespace {

constexpr uint32_t kMetaMorphStack = 33629;  // its count is the number of planes

/// How many of the samples are channels, and whether these are colours. Alpha says how much is covered, not
/// what was measured.
void count_channels(const TiffHandle& file, TiffPage& page) {
  uint16_t num_extra = 0;
  uint16_t* extra = nullptr;
  if (!TIFFGetField(file.get(), TIFFTAG_EXTRASAMPLES, &num_extra, &extra)) num_extra = 0;
  const bool is_rgb = page.photometric == PHOTOMETRIC_RGB || page.photometric == PHOTOMETRIC_YCBCR;
  int64_t channels = page.samples;
  while (channels > 1 && num_extra > 0 && extra[num_extra - 1] != EXTRASAMPLE_UNSPECIFIED) {
    --channels;
    --num_extra;
  }
  // Writers leave the fourth sample of a colour picture undescribed as often as not.
  if (is_rgb && channels == 4) channels = 3;
  page.channels = channels;
  page.has_colours = page.has_palette() || (is_rgb && channels == 3);
}

int64_t metamorph_planes(TIFF* tiff) {
  uint32_t count = 0;
  void* values = nullptr;
  const TIFFField* field = TIFFFindField(tiff, kMetaMorphStack, TIFF_ANY);
  if (!field || !TIFFFieldPassCount(field) || TIFFFieldReadCount(field) != TIFF_VARIABLE2) return 1;
  return TIFFGetField(tiff, kMetaMorphStack, &count, &values) && count > 0 ? count : 1;
}

void check_sample_type(const TiffHandle& file, const TiffPage& page) {
  const bool integer = page.format == SAMPLEFORMAT_UINT || page.format == SAMPLEFORMAT_INT;
  if (!integer && !page.is_float())
    file.fail("complex or unknown sample format; expected integers or floats");
  const bool whole = page.bits == 8 || page.bits == 16 || page.bits == 32 || page.bits == 64;
  const bool known =
      page.is_float() ? whole && page.bits != 8 : whole || (page.bits < 16 && !page.is_signed());
  if (!known)
    file.fail(
        std::to_string(page.bits) + (page.is_float() ? "-bit floats" : "-bit integers") +
        "; expected integers of 1 to 16, 32 or 64 bits or floats of 16, 32 or 64; convert the file, for "
        "example in ImageJ");
}

}  // namespace

uint64_t TiffPage::bytes_per_row() const {
  const uint64_t row_samples = uint64_t{width} * (is_separate() ? 1 : samples);
  return (row_samples * bits + 7) / 8;
}

bool TiffPage::is_like(const TiffPage& other) const {
  return width == other.width && height == other.height && bits == other.bits && samples == other.samples &&
         format == other.format && has_colours == other.has_colours;
}

TiffPage read_page_tags(const TiffHandle& file) {
  TiffPage page;
  TIFF* tiff = file.get();
  page.directory = TIFFCurrentDirOffset(tiff);
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &page.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page.compression);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page.photometric))
    page.photometric = page.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  if (page.format == SAMPLEFORMAT_VOID) page.format = SAMPLEFORMAT_UINT;
  const char* text = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) && text) page.description = text;
  uint32_t kind = 0;
  uint16_t old_kind = 0;
  if (TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &kind))
    page.is_reduced = (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
  else if (TIFFGetField(tiff, TIFFTAG_OSUBFILETYPE, &old_kind))
    page.is_reduced = old_kind == OFILETYPE_REDUCEDIMAGE;
  page.stacked = metamorph_planes(tiff);
  uint16_t num_below = 0;
  const uint64_t* below = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_SUBIFD, &num_below, &below))
    page.sub_directories.assign(below, below + num_below);
  // Only the JPEG codec turns it into RGB.
  if (page.photometric == PHOTOMETRIC_YCBCR && page.compression == COMPRESSION_JPEG)
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  count_channels(file, page);
  return page;
}

void check_page(const TiffHandle& file, const TiffPage& page) {
  constexpr uint32_t kLongestSide = 1u << 30;
  if (page.width == 0 || page.height == 0 || page.width > kLongestSide || page.height > kLongestSide)
    file.fail("its size is " + std::to_string(page.width) + " x " + std::to_string(page.height) + " pixels");
  check_sample_type(file, page);
  if (!TIFFIsCODECConfigured(page.compression))
    file.fail("compression number " + std::to_string(page.compression) +
              ", which this build cannot decode; save the image with LZW, Deflate or no compression");
  const bool from_jpeg = page.photometric == PHOTOMETRIC_YCBCR && page.compression == COMPRESSION_JPEG;
  const bool known = page.photometric == PHOTOMETRIC_MINISBLACK ||
                     page.photometric == PHOTOMETRIC_MINISWHITE || page.photometric == PHOTOMETRIC_RGB ||
                     page.has_palette() || from_jpeg;
  if (!known)
    file.fail("colour space number " + std::to_string(page.photometric) + "; expected grey, RGB or palette");
  if (page.has_palette() && (page.channels != 1 || page.bits > 16 || page.is_float()))
    file.fail("a palette image without a valid palette");
}

TiffPages list_tiff_pages(const std::filesystem::path& path) {
  TiffHandle file(path, "rmD", path);
  TiffPages found;
  found.file_size = std::filesystem::file_size(path);
  for (bool more = true; more;) {
    found.pages.push_back(read_page_tags(file));
    if (found.pages.size() > 1 && found.pages.back().description == found.pages.front().description)
      found.pages.back().description.clear();  // OME-XML of megabytes, thousands of times
    more = !TIFFLastDirectory(file.get());
    if (more && !TIFFReadDirectory(file.get())) more = found.is_whole = false;
  }
  return found;
}

}  // namespace priorseg
