#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/search.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {

/// One of the levels of an image that goes in bands.
struct Detector::Search::Level {
  BandedNetworkImage network;
  RowRange core{0, 0};  // grid rows of the band

  /// Goes on to the grid rows that end above a row of the image.
  void go_on(double image_row, int64_t cell) {
    const double image_rows_a_row = network.image_row(1) - network.image_row(0);
    const auto end = static_cast<int64_t>(image_row / image_rows_a_row / static_cast<double>(cell)) + 1;
    core = {core.last, std::clamp(end, core.last, network.grid_rows())};
  }
};

/// The rows of the image that the networks have to see for the cores of all levels.
RowRange Detector::Search::rows_to_show(const std::vector<Level>& levels) const {
  RowRange rows{std::numeric_limits<int64_t>::max(), 0};
  for (const auto& level : levels) {
    const RowRange of_level = level.network.image_rows(cells_to_show(level.network, level.core));
    rows = {std::min(rows.first, of_level.first), std::max(rows.last, of_level.last)};
  }
  return rows;
}

/// The row of the image below which the boxes of all later bands begin.
int64_t Detector::Search::complete_rows(const std::vector<Level>& levels) const {
  int64_t complete = RunningMaskNms::kAllRows;
  for (const auto& level : levels) {
    const double reach =
        static_cast<double>((level.core.last - box_reach_cells()) * options_.localizer.cell_size());
    complete =
        std::min(complete, std::max<int64_t>(0, static_cast<int64_t>(level.network.image_row(reach)) - 1));
  }
  return complete;
}

/// The first row that later bands have to see.
int64_t Detector::Search::next_row_to_show(const std::vector<Level>& levels) const {
  int64_t next = RunningMaskNms::kAllRows;
  for (const auto& level : levels) {
    const RowRange first{level.core.last, level.core.last + 1};
    next = std::min(next, level.network.image_rows(cells_to_show(level.network, first)).first);
  }
  return next;
}

/// Candidates of the cores of all levels.
/// @param band  rows `rows` of the clean image.
Instances Detector::Search::candidates_in_band(const std::vector<Level>& levels, const torch::Tensor& band,
                                               RowRange rows, const ImageInfo& image) const {
  Instances found;
  for (const auto& level : levels) {
    const RowRange shown = cells_to_show(level.network, level.core);
    auto of_level = in_image(find_candidates(level.network.band(shown, band, rows), level.core), image);
    found = found.boxes.defined() ? joined(found, of_level) : std::move(of_level);
  }
  return found;
}

void Detector::Search::find_in_bands(const ImageSource& image, int64_t band_pixels,
                                     const std::function<void(const FoundRows&)>& give) const {
  const ImageSource clean = clean_source(image, options_.intensity);
  RollingRows rows(clean);
  const auto scales = levels_of_image(image, options_, scale_);
  auto open = open_candidates(scales);
  auto outlines = open_outlines(scales, image);
  std::vector<Level> levels;
  for (const auto& scale : scales) levels.push_back({BandedNetworkImage(clean, options_, scale)});
  // The coarsest level says where bands end.
  const int64_t cell = options_.localizer.cell_size();
  const BandedNetworkImage& network = levels.front().network;
  const double cell_rows = network.image_row(1) - network.image_row(0);
  const double image_rows_a_cell = cell_rows * static_cast<double>(cell);
  const auto band_cells = std::max<int64_t>(
      2 * box_reach_cells(),
      std::llround(static_cast<double>(band_pixels) / static_cast<double>(image.width) / image_rows_a_cell));
  int64_t finished = 0;
  for (int64_t first = 0; first < network.grid_rows(); first += band_cells) {
    levels.front().core = {first, std::min(network.grid_rows(), first + band_cells)};
    const bool last = levels.front().core.last == network.grid_rows();
    const double end_row = network.image_row(static_cast<double>(levels.front().core.last * cell));
    for (size_t i = 1; i < levels.size(); ++i)
      levels[i].go_on(last ? std::numeric_limits<int32_t>::max() : end_row, cell);
    const RowRange needed = rows_to_show(levels);
    const auto band = rows.rows(needed);
    const auto found = candidates_in_band(levels, band, needed, image);
    const int64_t complete = last ? RunningMaskNms::kAllRows : complete_rows(levels);
    auto settled = open.add(found, kinds_of(band), needed.first, complete);
    const int64_t all_settled = last ? OpenOutlines::kAllRows : std::min(complete, open.first_row());
    const RowRange at_hand{std::min(needed.first, outlines.first_row()), needed.last};
    auto outlined =
        without_doubtful(outlines.add(std::move(settled), all_settled, rows.rows(at_hand), at_hand));
    const int64_t end = std::min(outlines.first_row(), image.height);
    const RowRange now{finished, std::max(finished, end)};
    finished = now.last;
    auto piece = piece_of(std::move(outlined.found), now, rows.rows(now));
    piece.signs = std::move(outlined.signs);
    give(piece);
    const int64_t next = last ? image.height : next_row_to_show(levels);
    rows.forget(std::min(finished, next));
  }
}

}  // namespace priorseg
