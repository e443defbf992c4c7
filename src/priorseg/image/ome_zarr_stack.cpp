#include "priorseg/image/ome_zarr_stack.h"

#include <torch/types.h>

#include <algorithm>

#include "priorseg/core/error.h"
#include "priorseg/image/picture.h"

namespace priorseg {
namespace {

constexpr double kUmPerCentimetreOfZarr = 10000;
constexpr int kCentimetre = 3;  // of PixelSize

/// Calls work(), and names the store in what it throws.
template <class Work>
auto naming(const std::filesystem::path& store, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with("cannot read ")) throw;
    fail_reading(store, message);
  }
}

}  // namespace

OmeZarrStack::OmeZarrStack(const std::filesystem::path& store, const std::string& axes,
                           const ImageLevel& level)
    : store_(store) {
  naming(store, [&] {
    layout_ = read_ome_zarr_layout(store, axes);
    std::vector<LevelSize> sizes;
    for (const auto& one : layout_.levels) sizes.push_back({0, 0, one.um_x});
    const auto& chosen = layout_.levels[static_cast<size_t>(choose_level(sizes, level))];
    array_.emplace(chosen.array);
    take_lengths();
    const auto full = read_zarr_metadata(layout_.levels.front().array).shape;
    full_ = {full.at(axis('Y')), full.at(axis('X'))};
    const auto& type = array_->metadata().type;
    info_.height = length('Y');
    info_.width = length('X');
    info_.channels = layout_.structure.colour ? 3 : 1;
    info_.bit_depth = type.bytes == 1 ? 8 : type.bytes == 2 ? 16 : 32;
    info_.quantum = type.kind == 'f' ? 0 : 1;
    if (chosen.um_x > 0 && chosen.um_y > 0) {
      info_.pixel_size.x_resolution = kUmPerCentimetreOfZarr / chosen.um_x;
      info_.pixel_size.y_resolution = kUmPerCentimetreOfZarr / chosen.um_y;
      info_.pixel_size.resolution_unit = kCentimetre;
    }
    if (!array_->has_chunks(plane_at({}, 0)))
      layout_.structure.remarks.push_back(
          "none of the chunks of its first plane is there; Zarr takes it for " +
          std::to_string(array_->metadata().fill) + " everywhere, but the copy may be incomplete");
  });
}

int64_t OmeZarrStack::length(char letter) const {
  return axis(letter) == std::string::npos ? 1 : array_->metadata().shape[axis(letter)];
}

void OmeZarrStack::take_lengths() {
  auto& structure = layout_.structure;
  const auto& shape = array_->metadata().shape;
  if (shape.size() != layout_.axes.size())
    throw Error("its axes are " + layout_.axes + ", but its array has " + std::to_string(shape.size()) +
                " dimensions");
  structure.frames = length('T');
  structure.slices = length('Z');
  structure.channels = length('C');
  structure.colour = axis('S') != std::string::npos;
  if (structure.colour && (length('S') != 3 || structure.channels > 1))
    throw Error("its axis S has the length " + std::to_string(length('S')) +
                ", expected 3 colours and no channels");
  if (std::ssize(structure.channel_names) != structure.channels) structure.channel_names.clear();
}

ZarrPlane OmeZarrStack::plane_at(const PlanePosition& position, int64_t colour) const {
  ZarrPlane plane{axis('Y'), axis('X'), std::vector<int64_t>(layout_.axes.size())};
  for (size_t i = 0; i < plane.place.size(); ++i) {
    const char letter = layout_.axes[i];
    plane.place[i] = letter == 'T'   ? position.frame
                     : letter == 'Z' ? position.slice
                     : letter == 'C' ? position.channel
                     : letter == 'S' ? colour
                                     : 0;
  }
  return plane;
}

torch::Tensor OmeZarrStack::read(const PlanePosition& position, int64_t colour, const PixelRegion& region) {
  const int64_t channels = layout_.structure.colour && colour < 0 ? 3 : 1;
  auto pixels = torch::empty({channels, region.height, region.width});
  naming(store_, [&] {
    for (int64_t c = 0; c < channels; ++c)
      array_->read(plane_at(position, channels == 3 ? c : std::max<int64_t>(colour, 0)), region,
                   pixels.data_ptr<float>() + c * region.height * region.width);
  });
  return pixels;
}

torch::Tensor OmeZarrStack::read_labels(const PlanePosition& position) {
  auto labels = torch::empty({info_.height, info_.width}, torch::kInt32);
  naming(store_, [&] {
    array_->read(plane_at(position, 0), {0, 0, info_.width, info_.height}, labels.data_ptr<int32_t>());
  });
  return labels;
}

std::vector<torch::Tensor> read_zarr_labels(const std::filesystem::path& store) {
  OmeZarrStack stack(store, {}, {});
  const auto& structure = stack.structure();
  if (structure.channels > 1 || structure.colour || stack.info().is_float())
    fail_reading(store, "it holds " + structure.text() +
                            "; a label map has one channel of whole numbers; name the "
                            "folder of one, such as " +
                            (store / "labels" / "objects").string());
  std::vector<torch::Tensor> maps;
  for (int64_t frame = 0; frame < structure.frames; ++frame)
    for (int64_t slice = 0; slice < structure.slices; ++slice)
      maps.push_back(stack.read_labels({frame, slice, 0}));
  return maps;
}

}  // namespace priorseg
