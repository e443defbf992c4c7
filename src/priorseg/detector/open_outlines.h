#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/detector/outline_quality.h"
#include "priorseg/detector/touching_parts.h"
#include "priorseg/image/image_source.h"
#include "priorseg/ops/detections.h"

namespace priorseg {

/// Objects that are outlined.
struct OutlinedObjects {
  Detections found;
  std::vector<OutlineSigns> signs;  ///< of each object; empty where outlines stay as they are
};

/// Writes `count` pixels of row `y` of a clean image from column `left` on to `row`: layer kGrey of its
/// clean_source(), NaN where there is no picture. Called from several threads at once.
using ReadKnownGrey = std::function<void(int64_t y, int64_t left, int64_t count, float* row)>;

/// Of a whole clean image.
/// @param clean  [C+3,H,W], all rows of its clean_source().
ReadKnownGrey known_grey_of(const torch::Tensor& clean);
/// Of the rows that are held, of a clean_source(). It must live as long.
ReadKnownGrey known_grey_of(const RollingRows& clean);

/// Gives objects the outlines that the pixels of their image say (pixel_outline.h), while objects come in
/// from the top of an image to its bottom. An object waits until all objects around it are known, so that the
/// outlines do not depend on the pieces in which the objects come.
class OpenOutlines {
 public:
  static constexpr int64_t kAllRows = std::numeric_limits<int64_t>::max();

  /// @param level          in (0,1); 0 = outlines stay as they are.
  /// @param height, width  of the image, px.
  /// @param sizes          where touching_parts() are told apart.
  /// @param relief_cells   the image is a relief, and its cells_of_relief() are the objects instead: those
  ///                       that were drawn on none are left out. Nothing where `level` is 0.
  OpenOutlines(double level, int64_t height, int64_t width, std::optional<SizesOfParts> sizes = std::nullopt,
               bool relief_cells = false)
      : level_(level),
        height_(height),
        width_(width),
        sizes_(std::move(sizes)),
        relief_cells_(relief_cells) {}

  /// One that draws the same at another level, as long as nothing was added.
  OpenOutlines at_level(double level) const { return {level, height_, width_, sizes_, relief_cells_}; }

  /// Adds settled objects and takes out those that are outlined. No two of them share a pixel, but for
  /// what better ones cover completely, which stays as it is. Parts of an object follow each other, with box,
  /// score, latent and mask of the object. Cells of a relief may share pixels where one reaches beyond
  /// kOutlineMargin.
  ///
  /// @param settled        the better first: where two share pixels, the first one has them, also if it came
  /// in
  ///                       an earlier call.
  /// @param complete_rows  no object of a later call has a pixel above this row; kAllRows at the last call.
  /// @param grey           of the rows from first_row() to complete_rows, at least.
  OutlinedObjects add(Detections settled, int64_t complete_rows, const ReadKnownGrey& grey);

  /// Begins below the top of the image. To be called before anything is added.
  /// @param row  no outline, and nothing that is looked at for one, lies above it.
  void begin_at(int64_t row) { first_row_ = row; }

  /// No object to come, outlined, has a pixel above this row, and no row above it is looked at any more.
  int64_t first_row() const { return first_row_; }

 private:
  struct Part {
    ObjectPixels object;
    OutlineSigns signs;
  };

  int64_t margin_around(const ObjectPixels& object) const;
  void hold(Detections settled);
  void paint(const ObjectPixels& object, int32_t owner);
  void forget_rows(int64_t complete_rows);
  OutlineWindow window_around(const ObjectPixels& object, int32_t owner, const ReadKnownGrey& grey,
                              int64_t top, int64_t left) const;
  std::vector<int32_t> owners_in(int64_t top, int64_t left, const OutlineWindow& window) const;
  std::vector<Part> outlined(const ObjectPixels& object, double score, int32_t owner,
                             const ReadKnownGrey& grey) const;

  double level_;
  int64_t height_, width_;
  std::optional<SizesOfParts> sizes_;
  bool relief_cells_;
  Detections held_;  // not outlined yet
  std::vector<int32_t> owners_of_held_;
  std::vector<int32_t> owners_;  // of the pixels from first_row_ on: number of an object, 0 = none
  int32_t last_owner_ = 0;
  int64_t first_row_ = 0;
};

}  // namespace priorseg
