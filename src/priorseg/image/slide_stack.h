#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "priorseg/image/image_level.h"
#include "priorseg/image/plane_stack.h"

namespace priorseg {

/// Whether a file is a whole slide by its name: svs, ndpi, mrxs, scn, vms, vmu, bif, svslide.
bool is_slide(const std::filesystem::path& file);

/// A whole slide, read through OpenSlide: red, green and blue at one level of its pyramid. What the scanner
/// did not visit has the slide's background colour. Rows that are asked for from top to bottom are decoded
/// once.
class SlideStack : public PlaneStack {
 public:
  /// @throws Error naming the file where OpenSlide cannot open it, or there is no such level.
  SlideStack(const std::filesystem::path& file, const ImageLevel& level);
  ~SlideStack() override;

  const ImageStructure& structure() const override;
  const ImageInfo& info() const override;
  PictureSize full_size() const override;
  torch::Tensor read(const PlanePosition& position, int64_t colour, const PixelRegion& region) override;

 private:
  struct Slide;
  std::unique_ptr<Slide> slide_;
};

}  // namespace priorseg
