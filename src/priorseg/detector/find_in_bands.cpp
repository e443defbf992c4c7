#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/pixel_outline.h"
#include "priorseg/detector/search.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {

/// The scales at which an image is looked at, coarsest first, each measured in a pass over the image.
std::vector<Detector::Search::Level> Detector::Search::measured_levels(const ImageSource& image,
                                                                       const ImageSource& clean) const {
  std::vector<Level> levels;
  for (const auto& scale : levels_of_image(image, options_, scale_))
    levels.push_back({scale, BandedNetworkImage(clean, options_, scale)});
  return levels;
}

/// Cuts the coarsest level into bands of about so many pixels of the image.
std::vector<RowRange> Detector::Search::bands_of(const BandedNetworkImage& network, const ImageInfo& image,
                                                 int64_t band_pixels) const {
  const double cell_rows = network.image_row(1) - network.image_row(0);
  const double image_rows_a_cell = cell_rows * static_cast<double>(options_.localizer.cell_size());
  const auto band_cells = std::max<int64_t>(
      2 * box_reach_cells(),
      std::llround(static_cast<double>(band_pixels) / static_cast<double>(image.width) / image_rows_a_cell));
  std::vector<RowRange> bands;
  for (int64_t first = 0; first < network.grid_rows(); first += band_cells)
    bands.push_back({first, std::min(network.grid_rows(), first + band_cells)});
  return bands;
}

/// Every level goes to its grid rows of a band of the coarsest one.
void Detector::Search::go_to(std::vector<Level>& levels, RowRange band) const {
  const auto cell = static_cast<double>(options_.localizer.cell_size());
  const BandedNetworkImage& coarsest = levels.front().network;
  const auto rows_until = [&](const BandedNetworkImage& network, int64_t band_end) {
    if (band_end == 0) return int64_t{0};
    if (band_end == coarsest.grid_rows()) return network.grid_rows();
    const double image_row = coarsest.image_row(static_cast<double>(band_end) * cell);
    const double image_rows_a_row = network.image_row(1) - network.image_row(0);
    return std::clamp<int64_t>(static_cast<int64_t>(image_row / image_rows_a_row / cell) + 1, 0,
                               network.grid_rows());
  };
  levels.front().core = band;
  for (size_t i = 1; i < levels.size(); ++i)
    levels[i].core = {rows_until(levels[i].network, band.first), rows_until(levels[i].network, band.last)};
}

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

/// Goes through bands that follow each other.
/// @param clean   of the image, its rows `given` at least.
/// @param given   rows of the image that pieces are given of: all that the bands show, and what outlines look
/// at.
/// @param owned_until  no object whose centre lies above this row may be open in the end.
void Detector::Search::look_through(const ImageSource& clean, std::vector<Level>& levels,
                                    const std::vector<RowRange>& bands, RowRange given, int64_t owned_until,
                                    const std::function<void(const FoundRows&)>& give) const {
  const ImageSource from_first(clean, [&](int64_t first, int64_t last) {
    return clean.read(first + given.first, last + given.first);
  });
  RollingRows held(from_first);
  const auto rows = [&](RowRange wanted) {
    return held.rows({wanted.first - given.first, wanted.last - given.first});
  };
  std::vector<NetworkScale> scales;
  for (const auto& level : levels) scales.push_back(level.scale);
  auto open = open_candidates(scales);
  auto outlines = open_outlines(scales, clean);
  outlines.begin_at(given.first);
  int64_t finished = given.first;
  for (const RowRange& band : bands) {
    go_to(levels, band);
    const bool last = band.last == levels.front().network.grid_rows();
    const RowRange needed = rows_to_show(levels);
    const auto shown = rows(needed);
    const auto found = candidates_in_band(levels, shown, needed, clean);
    const int64_t complete = last ? RunningMaskNms::kAllRows : complete_rows(levels);
    auto settled = open.add(found, kinds_of(shown), needed.first, complete);
    const int64_t all_settled = last ? OpenOutlines::kAllRows : std::min(complete, open.first_row());
    const RowRange at_hand{std::min(needed.first, outlines.first_row()), needed.last};
    auto outlined = without_doubtful(outlines.add(std::move(settled), all_settled, rows(at_hand), at_hand),
                                     least_chance());
    int64_t end = std::min(outlines.first_row(), clean.height);
    if (&band == &bands.back()) {
      if (end < owned_until)
        throw Error("objects overlap in a chain that goes on beyond the " +
                    std::to_string(given.last - owned_until) +
                    " rows below a part of the image; take parts of more rows");
      end = given.last;
    }
    const RowRange now{finished, std::max(finished, end)};
    finished = now.last;
    auto piece = piece_of(std::move(outlined.found), now, rows(now));
    piece.signs = std::move(outlined.signs);
    give(piece);
    const int64_t next = last ? clean.height : next_row_to_show(levels);
    held.forget(std::min(finished, next) - given.first);
  }
}

void Detector::Search::find_in_bands(const ImageSource& image, int64_t band_pixels,
                                     const std::function<void(const FoundRows&)>& give) const {
  const ImageSource clean = clean_source(image, options_.intensity);
  auto levels = measured_levels(image, clean);
  const auto bands = bands_of(levels.front().network, image, band_pixels);
  look_through(clean, levels, bands, {0, image.height}, image.height, give);
}

}  // namespace priorseg
