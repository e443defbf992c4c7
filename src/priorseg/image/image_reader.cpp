#include "priorseg/image/image_reader.h"

#include <torch/types.h>

#include <algorithm>
#include <optional>

#include "priorseg/core/error.h"
#include "priorseg/image/file_kind.h"
#include "priorseg/image/image_level.h"
#include "priorseg/image/look_mask.h"
#include "priorseg/image/ome_zarr_stack.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/picture_file.h"
#include "priorseg/image/slice_sharpness.h"
#include "priorseg/image/slide_stack.h"
#include "priorseg/image/tiff_layout.h"
#include "priorseg/image/tiff_stack.h"

namespace priorseg {
namespace {

constexpr int64_t kPixelsAtOnce = int64_t{1} << 24;  // while slices are compared

ImageStructure structure_of_picture(const Image& image) {
  ImageStructure structure;
  structure.colour = image.channels == 3;
  structure.source = "its header";
  return structure;
}

/// What reads a file in pieces; nothing where the format is held whole.
std::unique_ptr<PlaneStack> open_stack(const std::filesystem::path& file, const PlaneChoice& choice) {
  const auto level = parse_level(choice.level);
  switch (kind_of_file(file)) {
    case FileKind::kTiff:
      return std::make_unique<TiffStack>(file, choice.axes, level);
    case FileKind::kZarr:
      return std::make_unique<OmeZarrStack>(file, choice.axes, level);
    case FileKind::kSlide:
      return std::make_unique<SlideStack>(file, level);
    default:
      if (level.number > 0)
        fail_reading(file,
                     "level " + choice.level + " is asked for, but its format has only the full picture");
      return nullptr;
  }
}

}  // namespace

std::vector<std::filesystem::path> files_of_image(const std::filesystem::path& path) {
  if (kind_of_file(path) != FileKind::kTiff) return {path};
  return read_tiff_layout(path, "").files;
}

struct ImageReader::Source {
  std::unique_ptr<PlaneStack> stack;  // or
  torch::Tensor pixels;               // [C,H,W], held whole
  PixelRegion region;                 // of the stack's or the held picture
  std::optional<LookMask> mask;
  ImageStructure structure;
  ImageInfo info;
  std::string name;
  PlaneChoice choice;
  std::vector<PictureOfPlanes> pictures;
  size_t current = 0;
  std::optional<int64_t> best_slice;  // of the current picture, once it is known

  const PictureOfPlanes& picture() const { return pictures[current]; }

  /// What is looked at of a picture of that full size.
  void place(const PictureSize& full) {
    region = {0, 0, info.width, info.height};
    if (full.width != info.width || full.height != info.height)
      info.place = {0, 0, static_cast<double>(full.width) / static_cast<double>(info.width),
                    static_cast<double>(full.height) / static_cast<double>(info.height)};
    if (!choice.region.empty())
      region = region_of_copy(parse_region(choice.region), full.height, full.width, info.height, info.width);
    info.place.x = static_cast<double>(region.x) * info.place.x_scale;
    info.place.y = static_cast<double>(region.y) * info.place.y_scale;
    if (!choice.mask.empty()) mask.emplace(choice.mask, PictureSize{info.height, info.width});
    info.height = region.height;
    info.width = region.width;
  }

  torch::Tensor rows_of_slice(const PictureOfPlanes& at, int64_t slice, int64_t first, int64_t last) {
    const PixelRegion part{region.x, region.y + first, region.width, last - first};
    if (stack) return stack->read({at.frame, slice, at.channel}, at.colour, part);
    const auto rows = pixels.narrow(1, part.y, part.height).narrow(2, part.x, part.width);
    return at.colour >= 0 ? rows.narrow(0, at.colour, 1) : rows;
  }

  int64_t find_best_slice() {
    const auto& at = picture();
    const int64_t rows = std::max<int64_t>(1, kPixelsAtOnce / info.width);
    int64_t best = at.first_slice;
    double sharpest = -1;
    for (int64_t slice = at.first_slice; slice < at.first_slice + at.num_slices; ++slice) {
      double sharpness = 0;
      for (int64_t first = 0; first < info.height; first += rows)
        sharpness += slice_sharpness(rows_of_slice(at, slice, first, std::min(info.height, first + rows)));
      if (sharpness > sharpest) sharpest = sharpness, best = slice;
    }
    return best;
  }

  torch::Tensor projected_rows(const PictureOfPlanes& at, int64_t first, int64_t last) {
    auto sum = rows_of_slice(at, at.first_slice, first, last);
    for (int64_t slice = at.first_slice + 1; slice < at.first_slice + at.num_slices; ++slice) {
      const auto rows = rows_of_slice(at, slice, first, last);
      sum = at.project == Projection::kMax ? torch::fmax(sum, rows) : sum + rows;
    }
    return at.project == Projection::kMean ? sum / static_cast<double>(at.num_slices) : sum;
  }

  /// @param at  the current picture, or the same planes of another channel.
  torch::Tensor rows_of(const PictureOfPlanes& at, int64_t first, int64_t last) {
    if (at.num_slices == 1) return rows_of_slice(at, at.first_slice, first, last);
    if (at.project != Projection::kBestFocus) return projected_rows(at, first, last);
    if (!best_slice) best_slice = find_best_slice();
    return rows_of_slice(at, *best_slice, first, last);
  }

  void check_rows(int64_t first, int64_t last) const {
    if (first < 0 || first >= last || last > info.height)
      throw Error("rows " + std::to_string(first) + " to " + std::to_string(last) + " of an image with " +
                  std::to_string(info.height) + " rows");
  }
};

ImageReader::ImageReader(const ImageInput& input) : source_(std::make_unique<Source>()) {
  auto& source = *source_;
  source.name = input.name();
  source.choice = input.planes();
  if (!input.image()) source.stack = open_stack(input.file(), input.planes());
  PictureSize full;
  if (source.stack) {
    source.structure = source.stack->structure();
    source.info = source.stack->info();
    full = source.stack->full_size();
  } else {
    const Image image = input.image() ? *input.image() : read_picture(input.file());
    source.structure = structure_of_picture(image);
    source.pixels = image.pixels;
    source.info = image;
    full = {image.height, image.width};
  }
  try {
    source.pictures = choose_planes(source.structure, source.choice);
    source.place(full);
  } catch (const Error& error) {
    fail_reading(source.name, error.what());
  }
  if (source.picture().colour >= 0) source.info.channels = 1;
  if (source.picture().project == Projection::kMean) source.info.quantum = 0;
}

ImageReader::~ImageReader() = default;

const ImageInfo& ImageReader::info() const { return source_->info; }
const ImageStructure& ImageReader::structure() const { return source_->structure; }

std::vector<std::string> ImageReader::remarks() const {
  auto remarks = source_->structure.remarks;
  const auto choice = describe_choice(source_->structure, source_->choice);
  if (source_->mask && source_->mask->is_empty_in(source_->region))
    remarks.push_back("the mask is 0 wherever the picture lies: nothing is looked at");
  if (!choice.empty()) remarks.push_back(choice);
  return remarks;
}

int64_t ImageReader::num_pictures() const { return std::ssize(source_->pictures); }

void ImageReader::go_to(int64_t picture) {
  if (picture < 0 || picture >= num_pictures())
    throw Error("picture " + std::to_string(picture) + " of a file with " + std::to_string(num_pictures()));
  source_->current = static_cast<size_t>(picture);
  source_->best_slice.reset();
}

const PictureOfPlanes& ImageReader::picture() const { return source_->picture(); }

StackShape ImageReader::stack_shape() const {
  const auto& pictures = source_->pictures;
  const int64_t frames = pictures.back().frame - pictures.front().frame + 1;
  return {frames, num_pictures() / frames};
}

torch::Tensor ImageReader::read_rows(int64_t first, int64_t last) {
  source_->check_rows(first, last);
  auto& source = *source_;
  const auto rows = source.rows_of(source.picture(), first, last);
  if (!source.mask) return rows;
  const auto& region = source.region;
  return source.mask->without_rest(rows, {region.x, region.y + first, region.width, last - first});
}

std::vector<std::string> ImageReader::channel_names() const {
  if (structure().colour) return {"red", "green", "blue"};
  std::vector<std::string> names;
  if (structure().channels == 1) return names;
  for (int64_t channel = 0; channel < structure().channels; ++channel) {
    std::string name = structure().channel_name(channel);
    if (std::find(names.begin(), names.end(), name) != names.end()) name += "_" + std::to_string(channel + 1);
    names.push_back(name);
  }
  return names;
}

torch::Tensor ImageReader::read_rows_of_channels(int64_t first, int64_t last) {
  source_->check_rows(first, last);
  auto at = source_->picture();
  at.colour = -1;
  if (structure().colour) return source_->rows_of(at, first, last);
  std::vector<torch::Tensor> rows;
  for (at.channel = 0; at.channel < structure().channels; ++at.channel)
    rows.push_back(source_->rows_of(at, first, last));
  return torch::cat(rows);
}

Image ImageReader::read() { return {read_rows(0, info().height), info()}; }

ImageSource ImageReader::source() {
  return {info(), [this](int64_t first, int64_t last) { return read_rows(first, last); }};
}

}  // namespace priorseg
