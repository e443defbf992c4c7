#include <tiffio.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/core/version.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/ome_xml_writer.h"
#include "priorseg/image/tiff_handle.h"

namespace priorseg {
namespace {

// A classic TIFF ends at 4 GiB; compressed data may in the worst case grow a little.
constexpr int64_t kLargestClassicTiff = 4'000'000'000;

/// Of ImageJ's description only what is true for any picture of the same field: the unit of the resolution
/// tags. Numbers of slices and channels, or an OME text, describe the input file and not this one.
std::string unit_description(const std::string& description) {
  if (description.rfind("ImageJ=", 0) != 0) return {};
  std::istringstream lines(description);
  std::string line, version, unit;
  while (std::getline(lines, line)) {
    if (line.rfind("ImageJ=", 0) == 0) version = line;
    if (line.rfind("unit=", 0) == 0) unit = line;
  }
  return unit.empty() ? std::string() : version + "\n" + unit + "\n";
}

/// What ImageJ's description says of a stack: its axes, and the unit of the resolution tags.
std::string stack_description(const StackShape& shape, const std::string& description) {
  const std::string unit = unit_description(description);
  if (shape.pages() == 1) return unit;
  const size_t first_line = unit.find('\n');
  return "ImageJ=1.53t\nimages=" + std::to_string(shape.pages()) +
         "\nslices=" + std::to_string(shape.slices) + "\nframes=" + std::to_string(shape.frames) +
         "\nhyperstack=true\nmode=grayscale\n" + (unit.empty() ? "" : unit.substr(first_line + 1));
}

void set_tags(const TiffHandle& file, int64_t height, int64_t width, int bits, const PixelSize& pixel_size,
              const std::string& description) {
  TIFF* tiff = file.get();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  // Without a predictor: ImageJ 1.53 does not undo it and shows other labels, and it makes no label map
  // smaller.
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, 3);  // label maps are mostly flat: more effort gains little
  constexpr int64_t kStripBytes = 1 << 18;
  const int64_t rows = std::clamp<int64_t>(kStripBytes / (width * bits / 8), 1, height);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(rows));
  if (pixel_size.x_resolution > 0 && pixel_size.y_resolution > 0) {
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, pixel_size.x_resolution);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, pixel_size.y_resolution);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, pixel_size.resolution_unit);
  }
  TIFFSetField(tiff, TIFFTAG_SOFTWARE, (std::string("priorseg ") + version()).c_str());
  if (!description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
}

/// A grey TIFF of `bits` bits that is written row by row and appears when it is whole.
class GreyWriter {
 public:
  GreyWriter(const std::filesystem::path& path, int64_t height, int64_t width, int bits,
             const PixelSize& pixel_size, const std::string& description = {}, const StackShape& shape = {})
      : file_(path), width_(width), height_(height), bits_(bits), pixel_size_(pixel_size), shape_(shape) {
    const bool big = height * width * bits / 8 > kLargestClassicTiff / shape.pages();
    tiff_ = std::make_unique<TiffHandle>(file_.temporary(), big ? "w8" : "w", path);
    set_tags(*tiff_, height, width, bits, pixel_size, description);
  }

  /// @param rows  [N,W] int32 of values that fit.
  void append(const torch::Tensor& rows) {
    if (next_row_ == height_) begin_page();
    const auto values = rows.contiguous();
    for (int64_t y = 0; y < values.size(0); ++y) {
      const int32_t* row = values.data_ptr<int32_t>() + y * width_;
      if (bits_ == 8)
        write_row<uint8_t>(row);
      else if (bits_ == 16)
        write_row<uint16_t>(row);
      else
        write_row<uint32_t>(row);
    }
  }

  void finish() {
    if (!TIFFFlush(tiff_->get())) tiff_->fail("check the free space");
    tiff_.reset();
    file_.commit();
  }

  int64_t width() const { return width_; }
  int64_t missing_rows() const { return height_ * (shape_.pages() - page_) - next_row_; }
  int64_t missing_rows_of_page() const { return height_ - (next_row_ == height_ ? 0 : next_row_); }

 private:
  void begin_page() {
    if (!TIFFWriteDirectory(tiff_->get())) tiff_->fail("check the free space");
    ++page_;
    next_row_ = 0;
    set_tags(*tiff_, height_, width_, bits_, pixel_size_, {});  // the description stands on the first page
  }

  template <class Sample>
  void write_row(const int32_t* values) {
    row_.resize(static_cast<size_t>(width_) * sizeof(Sample));
    auto* row = reinterpret_cast<Sample*>(row_.data());
    for (int64_t x = 0; x < width_; ++x) row[x] = static_cast<Sample>(values[x]);
    if (TIFFWriteScanline(tiff_->get(), row, static_cast<uint32_t>(next_row_++), 0) < 0)
      tiff_->fail("check the free space");
  }

  PartialFile file_;
  std::unique_ptr<TiffHandle> tiff_;
  int64_t width_, height_, next_row_ = 0, page_ = 0;
  int bits_;
  PixelSize pixel_size_;
  StackShape shape_;
  std::vector<uint8_t> row_;
};

std::string describe(LabelDescription description, int64_t height, int64_t width, int bits,
                     const PixelSize& pixel_size, const std::string& notes, const StackShape& shape) {
  if (description == LabelDescription::kImageJ)
    return stack_description(shape, pixel_size.description) + notes;
  return ome_xml_of_labels(
      {height, width, bits, shape, pixel_size.um_per_pixel_x(), pixel_size.um_per_pixel_y(), notes});
}

void check_not_empty(const std::filesystem::path& path, const torch::Tensor& pixels) {
  if (pixels.numel() == 0) throw Error("cannot write " + path.string() + ": the picture has no pixels");
}

}  // namespace

struct LabelMapWriter::File {
  std::filesystem::path path;
  int64_t highest_label;
  GreyWriter writer;
};

LabelMapWriter::LabelMapWriter(const std::filesystem::path& path, int64_t height, int64_t width,
                               int64_t highest_label, const PixelSize& pixel_size, const std::string& notes,
                               const StackShape& shape, LabelDescription description) {
  if (height <= 0 || width <= 0) throw Error("cannot write " + path.string() + ": the picture has no pixels");
  const int bits = highest_label > 65535 ? 32 : 16;
  file_.reset(
      new File{path, highest_label,
               GreyWriter(path, height, width, bits, pixel_size,
                          describe(description, height, width, bits, pixel_size, notes, shape), shape)});
}

LabelMapWriter::~LabelMapWriter() = default;

void LabelMapWriter::append(const torch::Tensor& rows) {
  check_shape(rows, {std::nullopt, file_->writer.width()}, "rows of labels");
  if (rows.scalar_type() != torch::kInt32) throw Error("labels have another type than int32");
  if (rows.numel() == 0) return;
  const auto fail = [&](const std::string& what) {
    throw Error("cannot write " + file_->path.string() + ": " + what);
  };
  if (rows.size(0) > std::min(file_->writer.missing_rows(), file_->writer.missing_rows_of_page()))
    fail("more rows than the label map has");
  if (rows.min().item<int32_t>() < 0) fail("negative labels; expected 0 for background and 1, 2, ...");
  if (rows.max().item<int32_t>() > file_->highest_label)
    fail("labels above " + std::to_string(file_->highest_label));
  file_->writer.append(rows.cpu());
}

void LabelMapWriter::finish() {
  if (file_->writer.missing_rows() > 0)
    throw Error("cannot write " + file_->path.string() + ": " + std::to_string(file_->writer.missing_rows()) +
                " rows are missing");
  file_->writer.finish();
}

void write_label_map(const std::filesystem::path& path, const torch::Tensor& labels,
                     const PixelSize& pixel_size) {
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  check_not_empty(path, labels);
  if (labels.scalar_type() != torch::kInt32) throw Error("labels have another type than int32");
  LabelMapWriter writer(path, labels.size(0), labels.size(1), labels.max().item<int32_t>(), pixel_size);
  writer.append(labels);
  writer.finish();
}

void write_grey_tiff(const std::filesystem::path& path, const torch::Tensor& pixels, int bit_depth) {
  check_shape(pixels, {std::nullopt, std::nullopt}, "pixels");
  check_not_empty(path, pixels);
  if (bit_depth != 8 && bit_depth != 16)
    throw Error("bit depth " + std::to_string(bit_depth) + " for a grey TIFF; expected 8 or 16");
  const double highest = bit_depth == 8 ? 255 : 65535;
  const torch::Tensor values = torch::nan_to_num(pixels.cpu().to(torch::kFloat64))
                                   .round()
                                   .clamp(0, highest)
                                   .to(torch::kInt32)
                                   .contiguous();
  GreyWriter writer(path, values.size(0), values.size(1), bit_depth, {}, {});
  writer.append(values);
  writer.finish();
}

}  // namespace priorseg
