#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/open_outlines.h"
#include "priorseg/detector/search.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

/// Rows of the channels of the image.
torch::Tensor pixels_of(const RollingRows& clean, RowRange rows) {
  const ImageInfo& info = clean.info();
  std::vector<torch::Tensor> channels;
  for (int64_t channel = 0; channel < info.channels - kCleanLayers; ++channel)
    channels.push_back(clean.window(channel, {rows, {0, info.width}}));
  return torch::stack(channels);
}

/// Hands over what is settled, first the objects, with rows of no more pixels at a time than an image that is
/// worked on whole.
/// @param clean  that holds the rows.
void give_rows(OutlinedObjects outlined, RowRange rows, const RollingRows& clean,
               const std::function<void(const FoundRows&)>& give) {
  const int64_t most = std::max<int64_t>(1, Detector::kBandPixels / clean.info().width);
  const auto no_objects = outlined.found.instances.select(torch::zeros({0}, torch::kInt64));
  do {
    const RowRange now{rows.first, std::min(rows.last, rows.first + most)};
    auto piece = piece_of(std::move(outlined.found), now, pixels_of(clean, now), kinds_of(clean, now));
    piece.signs = std::move(outlined.signs);
    give(piece);
    outlined = {{no_objects, {}}, {}};
    rows.first = now.last;
  } while (rows.first < rows.last);
}

}  // namespace

/// The scales at which an image is looked at, coarsest first, each measured in a pass over the image.
std::vector<Detector::Search::Level> Detector::Search::measured_levels(const ImageSource& image,
                                                                       const ImageSource& clean) const {
  std::vector<Level> levels;
  for (const auto& scale : levels_of_image(image, options_, scale_))
    levels.push_back({scale, TiledNetworkImage(clean, options_, scale)});
  return levels;
}

/// Cuts the coarsest level into bands of about so many pixels of the image.
std::vector<RowRange> Detector::Search::bands_of(const TiledNetworkImage& network, const ImageInfo& image,
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
  const TiledNetworkImage& coarsest = levels.front().network;
  const auto rows_until = [&](const TiledNetworkImage& network, int64_t band_end) {
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

/// The rows of the image that the networks have to see for grid rows of a level.
RowRange Detector::Search::rows_to_show(const TiledNetworkImage& network, RowRange core) const {
  return network.image_rows(cells_to_show(network, {core, network.grid().columns}).rows);
}

/// The rows of the image that the networks have to see for the cores of all levels.
RowRange Detector::Search::rows_to_show(const std::vector<Level>& levels) const {
  RowRange rows{std::numeric_limits<int64_t>::max(), 0};
  for (const auto& level : levels) {
    const RowRange of_level = rows_to_show(level.network, level.core);
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
    next = std::min(next, rows_to_show(level.network, first).first);
  }
  return next;
}

/// Candidates of the cores of all levels, tile by tile: of what the networks look at no more than a tile with
/// its halo is there at a time, however wide the image is.
/// @param clean  that holds all rows that the levels show.
Instances Detector::Search::candidates_in_band(const std::vector<Level>& levels,
                                               const RollingRows& clean) const {
  std::vector<Instances> found;
  for (const auto& [scale, network, core] : levels)
    for (int64_t column = 0; column < network.grid_columns(); column += tile_cells()) {
      const ImageWindow tile{core, {column, std::min(network.grid_columns(), column + tile_cells())}};
      const auto seen = network.tile(cells_to_show(network, tile), clean);
      found.push_back(in_image(find_candidates(seen, tile), clean.info()));
    }
  return joined(found);
}

/// Goes through the bands of a part.
/// @param clean  of the image, the rows `part.given` at least.
void Detector::Search::look_through(const ImageSource& clean, std::vector<Level>& levels,
                                    const ImagePart& part,
                                    const std::function<void(const FoundRows&)>& give) const {
  RollingRows held(clean, part.given.first);
  std::vector<NetworkScale> scales;
  for (const auto& level : levels) scales.push_back(level.scale);
  auto open = open_candidates(scales);
  auto outlines = open_outlines(scales, clean);
  outlines.begin_at(part.given.first);
  int64_t finished = part.given.first;
  for (const RowRange& band : part.bands) {
    go_to(levels, band);
    const bool last = band.last == levels.front().network.grid_rows();
    const RowRange needed = rows_to_show(levels);
    held.read_to(needed.last);
    const auto found = candidates_in_band(levels, held);
    const int64_t complete = last ? RunningMaskNms::kAllRows : complete_rows(levels);
    auto settled = open.add(found, kinds_of(held, needed), needed.first, complete);
    const int64_t all_settled = last ? OpenOutlines::kAllRows : std::min(complete, open.first_row());
    auto outlined =
        without_doubtful(outlines.add(std::move(settled), all_settled, known_grey_of(held)), least_chance());
    int64_t end = std::min(outlines.first_row(), clean.height);
    if (&band == &part.bands.back()) {
      if (end < part.owned.last)
        throw Error("objects overlap in a chain that goes on beyond the " +
                    std::to_string(part.given.last - part.owned.last) +
                    " rows below a part of the image; take parts of more rows");
      end = part.given.last;
    }
    const RowRange now{finished, std::max(finished, end)};
    finished = now.last;
    held.read_to(now.last);
    give_rows(std::move(outlined), now, held, give);
    held.forget(std::min(finished, last ? clean.height : next_row_to_show(levels)));
  }
}

void Detector::Search::find_in_bands(const ImageSource& image, int64_t band_pixels,
                                     const std::function<void(const FoundRows&)>& give) const {
  const ImageSource clean = clean_source(image, options_.intensity);
  auto levels = measured_levels(image, clean);
  look_through(clean, levels, whole_image(levels, image, band_pixels), give);
}

}  // namespace priorseg
