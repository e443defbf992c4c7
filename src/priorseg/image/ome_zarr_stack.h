#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/image/image_level.h"
#include "priorseg/image/ome_zarr_layout.h"
#include "priorseg/image/plane_stack.h"
#include "priorseg/image/zarr_array.h"

namespace priorseg {

/// The OME-Zarr part of ImageReader: the planes of one level of an image.
class OmeZarrStack : public PlaneStack {
 public:
  /// @param axes   see read_ome_zarr_layout.
  /// @param level  of its pyramid.
  /// @throws Error naming the store.
  OmeZarrStack(const std::filesystem::path& store, const std::string& axes, const ImageLevel& level);

  const ImageStructure& structure() const override { return layout_.structure; }
  const ImageInfo& info() const override { return info_; }
  PictureSize full_size() const override { return full_; }
  torch::Tensor read(const PlanePosition& position, int64_t colour, const PixelRegion& region) override;
  /// Labels of a plane, [H,W] int32. @throws Error where a value is no label.
  torch::Tensor read_labels(const PlanePosition& position);

 private:
  ZarrPlane plane_at(const PlanePosition& position, int64_t colour) const;
  size_t axis(char letter) const { return layout_.axes.find(letter); }
  int64_t length(char letter) const;
  void take_lengths();

  std::filesystem::path store_;
  OmeZarrLayout layout_;
  std::optional<ZarrArray> array_;
  ImageInfo info_;
  PictureSize full_;
};

/// The OME-Zarr part of read_label_maps.
std::vector<torch::Tensor> read_zarr_labels(const std::filesystem::path& store);

}  // namespace priorseg
