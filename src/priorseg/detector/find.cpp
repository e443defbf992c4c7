#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "priorseg/detector/evidence.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/open_candidates.h"
#include "priorseg/detector/open_outlines.h"
#include "priorseg/detector/refine.h"
#include "priorseg/detector/search.h"
#include "priorseg/detector/standing_out.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

constexpr int64_t kBoxesAtOnce = 1024;  // bounds the memory of encoder and decoder

/// At least half the field of view of the localizer in grid cells: two 3x3 convolutions a stage reach
/// 2 x (2^stages - 1) px of the reduced image, and poolings look at the rest of their own grid cell: below 3
/// grid cells.
constexpr int64_t kMarginCells = 3;

/// Objects are what absorbs light of one colour, or a stain.
bool is_stain(const IntensityOptions& intensity) {
  switch (intensity.channel) {
    case ImageChannel::kHematoxylin:
    case ImageChannel::kEosin:
    case ImageChannel::kDab:
      return true;
    case ImageChannel::kRed:
    case ImageChannel::kGreen:
    case ImageChannel::kBlue:
      return intensity.polarity == Polarity::kAbsorbing;
    default:
      return false;
  }
}

}  // namespace

torch::Tensor kinds_of(const torch::Tensor& clean) {
  return layer_of(clean, CleanLayer::kKind).to(torch::kUInt8);
}

torch::Tensor kinds_of(const RollingRows& clean, RowRange rows) {
  const int64_t channel = channel_of(clean.info(), CleanLayer::kKind);
  const int64_t width = clean.info().width;
  if (clean.is_zero(channel, rows)) return torch::zeros({0, width}, torch::kUInt8);
  return clean.window(channel, {rows, {0, width}}).to(torch::kUInt8);
}

/// Side of a tile in grid cells.
int64_t Detector::Search::tile_cells() const {
  return std::max<int64_t>(1, inference_.tile / options_.localizer.cell_size());
}

/// @param cells  of the grid of the whole image: those whose boxes are wanted.
Detector::Search::Candidates Detector::Search::locate(const NetworkImage& image,
                                                      const ImageWindow& cells) const {
  const int64_t cell = options_.localizer.cell_size();
  const int64_t rows = image.mapped.size(0) / cell;
  const int64_t columns = image.mapped.size(1) / cell;
  const int64_t tile = tile_cells();
  const auto arithmetic = arithmetic_of(inference_.precision, detector_.device_);
  std::vector<torch::Tensor> boxes, scores;
  const int64_t above = image.first_row / cell, before = image.first_column / cell;
  const RowRange wanted_rows{cells.rows.first - above, cells.rows.last - above};
  const RowRange wanted_columns{cells.columns.first - before, cells.columns.last - before};
  for (int64_t row = wanted_rows.first; row < wanted_rows.last; row += tile) {
    for (int64_t column = wanted_columns.first; column < wanted_columns.last; column += tile) {
      observer_.check_stop();
      const int64_t top = std::max<int64_t>(0, row - kMarginCells),
                    left = std::max<int64_t>(0, column - kMarginCells);
      const int64_t bottom = std::min(rows, row + tile + kMarginCells);
      const int64_t right = std::min(columns, column + tile + kMarginCells);
      const auto window =
          image.mapped.slice(0, top * cell, bottom * cell).slice(1, left * cell, right * cell);
      const auto maps =
          detector_.localizer_->forward(window.unsqueeze(0).unsqueeze(0).to(detector_.device_), arithmetic)
              .cpu();
      const auto predicted =
          decode_boxes(maps, cell, scale_.scale_min, scale_.scale_max, options_.localizer.max_ratio);
      const auto grid = torch::arange(predicted.presence.size(0), torch::kInt64);
      const auto y = torch::div(grid, predicted.columns, "floor") + top,
                 x = grid.remainder(predicted.columns) + left;
      const auto kept = torch::nonzero((predicted.presence >= inference_.presence) & (y >= row) &
                                       (y < std::min(wanted_rows.last, row + tile)) & (x >= column) &
                                       (x < std::min(wanted_columns.last, column + tile)))
                            .view({-1});
      auto found = predicted.boxes.index_select(0, kept);
      found.select(1, 0).add_(static_cast<double>(left * cell));
      found.select(1, 1).add_(static_cast<double>(top * cell));
      boxes.push_back(found);
      scores.push_back(predicted.presence.index_select(0, kept));
    }
  }
  return {torch::cat(boxes), torch::cat(scores)};
}

Instances Detector::Search::read_shapes(const NetworkImage& image, const Candidates& candidates) const {
  const int64_t patch = detector_.prior_.options().patch_size;
  const auto layers = torch::stack({image.mapped, image.signal}).unsqueeze(0).to(detector_.device_);
  std::vector<torch::Tensor> latents, masks, contrasts, alignments;
  for (int64_t first = 0; first < candidates.boxes.size(0); first += kBoxesAtOnce) {
    observer_.check_stop();
    const auto boxes =
        candidates.boxes.slice(0, first, first + kBoxesAtOnce).contiguous().to(detector_.device_);
    const auto image_of_box = torch::zeros({boxes.size(0)}, boxes.options().dtype(torch::kInt64));
    const auto patches = crop(layers, boxes, image_of_box, patch);
    const auto latent = detector_.encoder_->forward(patches.slice(1, 0, 1)).mean;
    latents.push_back(latent.cpu());
    masks.push_back(detector_.decode(latent).cpu());
    const auto seen = patches.cpu();
    contrasts.push_back(contrast_of(seen.slice(1, 1, 2), masks.back()));
    alignments.push_back(alignment_of(seen.slice(1, 0, 1), masks.back(), boxes.cpu()));
  }
  Instances result;
  if (latents.empty()) {
    result.boxes = torch::zeros({0, 4});
    result.scores = torch::zeros({0});
    result.latents = torch::zeros({0, detector_.prior_.options().latent_size});
    result.masks = torch::zeros({0, patch, patch});
    return result;
  }
  result.boxes = candidates.boxes;
  result.scores = candidates.scores;
  if (inference_.score == ObjectScore::kTrust)
    result.scores = result.scores * torch::cat(alignments).clamp_min(0).square();
  result.latents = torch::cat(latents);
  result.masks = torch::cat(masks).squeeze(1).contiguous();
  const double least_stain =
      is_stain(options_.intensity) ? inference_.stain_min_contrast * image.threshold : 0;
  const auto stands_out = torch::cat(contrasts) >= std::max(inference_.min_contrast, least_stain);
  const auto is_sure = result.scores >= inference_.min_score;
  return result.select(torch::nonzero(stands_out & is_sure).view({-1}));
}

/// What is left of the candidates after a first suppression, refined: doubles of an object would pull at each
/// other. Outlines are refined on the processor, wherever the networks are: they come out the same.
Instances Detector::Search::refined(Instances found, const NetworkImage& image) const {
  found.height = image.mapped.size(0);
  found.width = image.mapped.size(1);
  const auto scores = found.scores.contiguous();
  const std::vector<float> score_list(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
  const auto kept = mask_nms(rasterize(found, inference_.mask_threshold), score_list, inference_.max_overlap,
                             inference_.nms);
  return refine_outlines(found.select(torch::tensor(kept, torch::kInt64)), image, detector_.prior_, options_,
                         inference_.refine_steps, observer_);
}

/// Candidates of the grid cells `cells`, with boxes in px of the user's image.
Instances Detector::Search::find_candidates(const NetworkImage& image, const ImageWindow& cells) const {
  Instances found = read_shapes(image, locate(image, cells));
  if (inference_.refine_steps > 0 && found.size() > 0) found = refined(std::move(found), image);
  const auto left = static_cast<double>(image.padding - image.first_column);
  const auto top = static_cast<double>(image.padding - image.first_row);
  found.boxes = torch::stack(
      {(found.boxes.select(1, 0) - left) / image.x_scale, (found.boxes.select(1, 1) - top) / image.y_scale,
       found.boxes.select(1, 2) / image.y_scale, found.boxes.select(1, 3) / image.x_scale},
      1);
  return found;
}

/// How many grid cells a box reaches at most beyond the grid cell that holds its centre.
int64_t Detector::Search::box_reach_cells() const {
  double reach = 0.5 * scale_.scale_max * std::sqrt(options_.localizer.max_ratio);
  if (inference_.refine_steps > 0) reach = reach * std::exp(kMostShift) + kMostShift * scale_.scale_max;
  return static_cast<int64_t>(std::ceil(reach)) + 1;
}

/// The halo of a part: the grid cells that have to be seen for everything to be found in its `core`.
ImageWindow Detector::Search::cells_to_show(const TiledNetworkImage& network, const ImageWindow& core) const {
  const int64_t margin = std::max(kMarginCells, box_reach_cells()) + network.mapping_reach_cells();
  const auto around = [margin](RowRange range, int64_t most) {
    return RowRange{std::max<int64_t>(0, range.first - margin), std::min(most, range.last + margin)};
  };
  return {around(core.rows, network.grid_rows()), around(core.columns, network.grid_columns())};
}

Instances in_image(Instances found, const ImageInfo& image) {
  found.height = image.height;
  found.width = image.width;
  return found;
}

FoundRows piece_of(Detections found, RowRange rows, torch::Tensor pixels, torch::Tensor kinds) {
  FoundRows piece;
  piece.found = std::move(found);
  piece.rows = rows;
  piece.pixels = std::move(pixels);
  if (kinds.any().item<bool>()) piece.artefacts = std::move(kinds);
  return piece;
}

Detections Detector::find(const Image& image, const InferenceOptions& inference, Observer& observer) const {
  Detections result;
  find_in_bands(
      image, std::numeric_limits<int64_t>::max(), inference,
      [&](const FoundRows& all) { result = all.found; }, observer);
  return result;
}

Detections Detector::find(const Image& image) const { return find(image, options_.inference); }

void Detector::find_in_bands(const ImageSource& image, int64_t band_pixels, const InferenceOptions& inference,
                             const std::function<void(const FoundRows&)>& give, Observer& observer) const {
  Search(*this, inference, observer).run(image, band_pixels, give);
}

void Detector::find_in_bands(const ImageSource& image, int64_t band_pixels,
                             const std::function<void(const FoundRows&)>& give) const {
  find_in_bands(image, band_pixels, options_.inference, give);
}

void Detector::Search::run(const ImageSource& given, int64_t band_pixels,
                           const std::function<void(const FoundRows&)>& give) const {
  torch::NoGradGuard no_grad;
  const ImageSource image(given, [&](int64_t first, int64_t last) {
    observer_.check_stop();  // a large image is measured, row by row, before anything is looked for
    return given.read(first, last);
  });
  if (image.height * image.width > band_pixels) {
    find_in_bands(image, band_pixels, give);
    return;
  }
  const auto draft = draft_of_whole(image);
  give(draft.at(draft.border_level()));
}

/// In the other polarity, where the one that was asked for explains hardly anything and the other one all.
OutlineDraft Detector::Search::draft_of_whole(const ImageSource& image) const {
  auto draft = draft_as_asked(image, false);
  if (!may_invert() || !draft.piece().is_unexplained() || !draft.piece().looks_opposite) return draft;
  auto opposite = inference_;
  opposite.polarity = options_.intensity.polarity == Polarity::kBright ? Polarity::kDark : Polarity::kBright;
  auto inverted = Search(detector_, opposite, observer_).draft_as_asked(image, true);
  return inverted.piece().is_plainly_explained() ? std::move(inverted) : std::move(draft);
}

OutlineDraft Detector::draft(const ImageSource& image, const InferenceOptions& inference,
                             Observer& observer) const {
  torch::NoGradGuard no_grad;
  return Search(*this, inference, observer).draft_of_whole(image);
}

bool Detector::Search::may_invert() const {
  return inference_.other_polarity && inference_.polarity == Polarity::kAuto &&
         options_.intensity.polarity != Polarity::kRelief;
}

/// @param levels  coarsest first.
OpenCandidates Detector::Search::open_candidates(const std::vector<NetworkScale>& levels) const {
  const auto& finest = levels.back();
  return {inference_, finest.min_size / finest.network_from_image, levels.size() > 1};
}

/// Of stained tissue another one may be asked for.
double Detector::Search::asked_border_level() const {
  if (inference_.border_level <= 0) return 0;
  const bool has_own_level = inference_.stain_border_level > 0 && is_stain(options_.intensity);
  return has_own_level ? inference_.stain_border_level : inference_.border_level;
}

/// Who asks for tighter or wider masks means the outlines of the pixels too.
double Detector::Search::threshold_surplus() const {
  return inference_.mask_threshold - InferenceOptions{}.mask_threshold;
}

OpenOutlines Detector::Search::open_outlines(const std::vector<NetworkScale>& levels,
                                             const ImageInfo& image) const {
  const double asked = asked_border_level();
  const double level = asked > 0 ? std::clamp(asked + threshold_surplus(), 0.05, 0.95) : 0;
  std::optional<SizesOfParts> sizes;
  // Where sizes span levels, they tell no part from a whole.
  if (inference_.split_touching && !options_.size.has_levels()) {
    const auto& scale = levels.front();
    sizes = SizesOfParts{inference_.min_size_share * scale.min_size / scale.network_from_image,
                         std::sqrt(scale.min_size * scale.max_size) / scale.network_from_image};
  }
  const bool relief_cells = inference_.relief_cells && options_.intensity.polarity == Polarity::kRelief;
  return {level, image.height, image.width, std::move(sizes), relief_cells};
}

/// Outlines of a relief are kept: their quality is not known to tell.
LeastChance Detector::Search::least_chance() const {
  if (options_.intensity.polarity == Polarity::kRelief) return {};
  return {inference_.min_chance, std::sqrt(options_.size.min * options_.size.max)};
}

OutlineDraft Detector::Search::draft_as_asked(const ImageSource& image, bool is_inverted) const {
  const auto source = clean_source(image, options_.intensity);
  const auto clean = source.read(0, image.height);
  const auto levels = levels_of_image(image, options_, scale_);
  Instances found;
  NetworkImage coarsest;
  ImageStatistics statistics;
  for (const auto& level : levels) {
    TiledNetworkImage network(clean, source, options_, level);
    const NetworkImage seen = network.whole();
    auto of_level = in_image(find_candidates(seen, network.grid()), image);
    if (found.boxes.defined()) {
      found = joined(found, of_level);
    } else {
      found = std::move(of_level);
      coarsest = seen;
      statistics = network.statistics();
    }
  }
  auto settled = open_candidates(levels).add(found, kinds_of(clean), 0, RunningMaskNms::kAllRows);
  auto piece = piece_of(std::move(settled), {0, image.height}, channels_of(clean), kinds_of(clean));
  tell_what_stands_out(coarsest, statistics, options_.loss.foreground_level, piece);
  piece.is_inverted = is_inverted;
  return {std::move(piece),    clean,         open_outlines(levels, image), asked_border_level(),
          threshold_surplus(), least_chance()};
}

}  // namespace priorseg
