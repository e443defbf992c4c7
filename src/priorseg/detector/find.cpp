#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/evidence.h"
#include "priorseg/detector/refine.h"
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

/// Empties objects that are much smaller than the smallest one the user looks for. An object at the border of
/// the image may be the rest of a larger one: a quarter is enough there.
void drop_specks(std::vector<ObjectPixels>& objects, const Instances& instances, double smallest_side) {
  const double least_area = M_PI / 4 * smallest_side * smallest_side;
  for (auto& object : objects) {
    const bool at_border = object.x0 == 0 || object.y0 == 0 || object.x0 + object.width == instances.width ||
                           object.y0 + object.height == instances.height;
    if (static_cast<double>(object.area) < (at_border ? 0.25 : 1.0) * least_area) object = {};
  }
}

constexpr double kMostArtefact = 0.5;  // share of the pixels of an object that may be no picture

/// Empties objects that lie on artefacts for the most part. Lines and specks, which cross objects, do not
/// count.
/// @param kinds  [N,W] uint8, an ArtefactKind each; row 0 is row `first_row` of the image.
void drop_artefacts(std::vector<ObjectPixels>& objects, const torch::Tensor& kinds, int64_t first_row) {
  const auto wide = (kinds.ge(static_cast<int>(ArtefactKind::kMark))).contiguous();
  if (!wide.any().item<bool>()) return;
  const auto* is_wide = wide.data_ptr<bool>();
  for (auto& object : objects) {
    int64_t count = 0;
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x) {
        const int64_t row = object.y0 + y - first_row;
        if (row < 0 || row >= wide.size(0) || !object.bits[static_cast<size_t>(y * object.width + x)])
          continue;
        count += is_wide[row * wide.size(1) + object.x0 + x];
      }
    if (static_cast<double>(count) > kMostArtefact * static_cast<double>(object.area)) object = {};
  }
}

torch::Tensor kinds_of(const torch::Tensor& clean) {
  return layer_of(clean, CleanLayer::kKind).to(torch::kUInt8);
}

}  // namespace

/// One look at one image, with the options of this call. What it calls of the detector only reads.
class Detector::Search {
 public:
  Search(const Detector& detector, const InferenceOptions& inference, Observer& observer)
      : detector_(detector),
        options_(detector.options_),
        scale_(detector.scale_),
        inference_(inference),
        observer_(observer) {
    inference_.validate();
  }

  void run(const ImageSource& image, int64_t band_pixels,
           const std::function<void(const FoundRows&)>& give) const;

 private:
  struct Candidates {
    torch::Tensor boxes, scores;
  };
  Candidates locate(const NetworkImage& image, RowRange cells) const;
  Instances read_shapes(const NetworkImage& image, const Candidates& candidates) const;
  Instances refined(Instances found, const NetworkImage& image) const;
  Instances find_candidates(const NetworkImage& image, RowRange cells) const;
  int64_t box_reach_cells() const;
  RowRange cells_to_show(const BandedNetworkImage& network, RowRange core) const;

  const Detector& detector_;
  const DetectorOptions& options_;  // but for their inference
  const NetworkScale& scale_;
  const InferenceOptions inference_;
  Observer& observer_;
};

/// @param cells  rows of the grid whose boxes are wanted, counted in the whole image.
Detector::Search::Candidates Detector::Search::locate(const NetworkImage& image, RowRange cells) const {
  const int64_t cell = options_.localizer.cell_size();
  const int64_t rows = image.mapped.size(0) / cell;
  const int64_t columns = image.mapped.size(1) / cell;
  const int64_t tile = std::max<int64_t>(1, inference_.tile / cell);
  const auto arithmetic = arithmetic_of(inference_.precision, detector_.device_);
  std::vector<torch::Tensor> boxes, scores;
  const int64_t first_row = cells.first - image.first_row / cell,
                last_row = cells.last - image.first_row / cell;
  for (int64_t row = first_row; row < last_row; row += tile) {
    for (int64_t column = 0; column < columns; column += tile) {
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
                                       (y < std::min(last_row, row + tile)) & (x >= column) &
                                       (x < std::min(columns, column + tile)))
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
  const auto stands_out = torch::cat(contrasts) >= inference_.min_contrast;
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

/// Candidates of the grid rows `cells`, with boxes in px of the user's image.
Instances Detector::Search::find_candidates(const NetworkImage& image, RowRange cells) const {
  Instances found = read_shapes(image, locate(image, cells));
  if (inference_.refine_steps > 0 && found.size() > 0) found = refined(std::move(found), image);
  const auto left = static_cast<double>(image.padding), top = left - static_cast<double>(image.first_row);
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

/// The grid rows that a band has to show for everything to be found in its `core`.
RowRange Detector::Search::cells_to_show(const BandedNetworkImage& network, RowRange core) const {
  const int64_t margin = std::max(kMarginCells, box_reach_cells()) + network.mapping_reach_cells();
  return {std::max<int64_t>(0, core.first - margin), std::min(network.grid_rows(), core.last + margin)};
}

namespace {

/// Objects of which it is not settled yet whether they are kept, with all that is known of them.
class OpenCandidates {
 public:
  OpenCandidates(const InferenceOptions& options, double smallest_side)
      : options_(options),
        least_side_(options.min_size_share * smallest_side),
        suppression_(options.max_overlap, options.nms) {}

  /// Adds candidates and takes out what is settled and kept; see RunningMaskNms::add.
  /// @param kinds  [N,W] uint8 of the rows from `first_row` on, where the candidates lie.
  Detections add(const Instances& found, const torch::Tensor& kinds, int64_t first_row,
                 int64_t complete_rows) {
    auto objects = rasterize(found, options_.mask_threshold);
    drop_specks(objects, found, least_side_);
    drop_artefacts(objects, kinds, first_row);
    const auto scores = found.scores.contiguous();
    const std::vector<float> score_list(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
    open_ = open_.size() == 0 ? found : joined(open_, found);
    Detections settled;
    std::vector<int64_t> places;
    for (auto& kept : suppression_.add(std::move(objects), score_list, complete_rows)) {
      places.push_back(kept.index - first_open_);
      settled.objects.push_back(std::move(kept.object));
    }
    settled.instances = open_.select(torch::tensor(places, torch::kInt64));
    drop_settled();
    return settled;
  }

  int64_t first_row() const { return suppression_.first_unsettled_row(); }

 private:
  static Instances joined(const Instances& a, const Instances& b) {
    return {torch::cat({a.boxes, b.boxes}),
            torch::cat({a.scores, b.scores}),
            torch::cat({a.latents, b.latents}),
            torch::cat({a.masks, b.masks}),
            b.height,
            b.width};
  }

  void drop_settled() {
    const int64_t next = first_open_ + open_.size();
    const int64_t first = std::min(suppression_.first_unsettled_index(), next);
    open_ = open_.select(torch::arange(first - first_open_, next - first_open_, torch::kInt64));
    first_open_ = first;
  }

  InferenceOptions options_;
  double least_side_;
  RunningMaskNms suppression_;
  Instances open_;  // from the first unsettled one on
  int64_t first_open_ = 0;
};

constexpr double kDarkRules = 2;    // times as far below the background as above
constexpr double kStandingOut = 4;  // noise sigmas

/// What of a whole image could be objects: bright as the networks see it, or dark where that is what there
/// is.
void tell_what_stands_out(const NetworkImage& seen, const ImageStatistics& statistics, double bright,
                          FoundRows& piece) {
  const int64_t height = piece.pixels.size(1), width = piece.pixels.size(2), first = seen.padding;
  const auto inside = [&](const torch::Tensor& map) {
    return map.slice(0, first, first + std::llround(static_cast<double>(height) * seen.y_scale))
        .slice(1, first, first + std::llround(static_cast<double>(width) * seen.x_scale));
  };
  piece.looks_dark = statistics.below > kDarkRules * statistics.above;
  const double dark = -0.5 * statistics.below / std::max(statistics.noise, 1e-12);
  const auto small = piece.looks_dark ? inside(seen.signal).lt(dark)
                                      : inside(seen.mapped).ge(bright) & inside(seen.signal).ge(kStandingOut);
  piece.stands_out =
      torch::upsample_nearest2d(small.to(torch::kFloat32).unsqueeze(0).unsqueeze(0), {height, width})
          .view({height, width})
          .gt(0);
}

/// @param clean  rows `rows` of the clean image.
FoundRows piece_of(Detections found, RowRange rows, const torch::Tensor& clean) {
  FoundRows piece;
  piece.found = std::move(found);
  piece.rows = rows;
  piece.pixels = channels_of(clean);
  const auto kinds = kinds_of(clean);
  if (kinds.any().item<bool>()) piece.artefacts = kinds;
  return piece;
}

}  // namespace

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
  const ImageSource clean = clean_source(image, options_.intensity);
  RollingRows rows(clean);
  const auto as_in_image = [&](Instances found) {
    found.height = image.height;
    found.width = image.width;
    return found;
  };
  const NetworkScale scale = detector_.scale_of(image);
  // The size range speaks of images at the common scale.
  OpenCandidates open(inference_, options_.size.min * scale_.network_from_image / scale.network_from_image);
  if (image.height * image.width <= band_pixels) {
    const auto whole = rows.rows({0, image.height});
    BandedNetworkImage network(whole, image, options_, scale);
    const RowRange all{0, network.grid_rows()};
    const NetworkImage seen = network.whole();
    const auto found = as_in_image(find_candidates(seen, all));
    auto piece =
        piece_of(open.add(found, kinds_of(whole), 0, RunningMaskNms::kAllRows), {0, image.height}, whole);
    tell_what_stands_out(seen, network.statistics(), options_.loss.foreground_level, piece);
    give(piece);
    return;
  }
  const BandedNetworkImage network(clean, options_, scale);
  const double cell_rows = network.image_row(1) - network.image_row(0);
  const double image_rows_a_cell = cell_rows * static_cast<double>(options_.localizer.cell_size());
  const auto band_cells = std::max<int64_t>(
      2 * box_reach_cells(),
      std::llround(static_cast<double>(band_pixels) / static_cast<double>(image.width) / image_rows_a_cell));
  int64_t finished = 0;
  for (int64_t first = 0; first < network.grid_rows(); first += band_cells) {
    const RowRange core{first, std::min(network.grid_rows(), first + band_cells)};
    const bool last = core.last == network.grid_rows();
    const RowRange shown = cells_to_show(network, core);
    const RowRange needed = network.image_rows(shown);
    const auto band = rows.rows(needed);
    const auto found = as_in_image(find_candidates(network.band(shown, band, needed), core));
    // Boxes of later bands begin below this row.
    const double reach =
        static_cast<double>((core.last - box_reach_cells()) * options_.localizer.cell_size());
    const int64_t complete = last ? RunningMaskNms::kAllRows
                                  : std::max<int64_t>(0, static_cast<int64_t>(network.image_row(reach)) - 1);
    auto settled = open.add(found, kinds_of(band), needed.first, complete);
    const int64_t end = last ? image.height : std::min({complete, open.first_row(), image.height});
    const RowRange now{finished, std::max(finished, end)};
    finished = now.last;
    give(piece_of(std::move(settled), now, rows.rows(now)));
    const int64_t next =
        last ? image.height : network.image_rows(cells_to_show(network, {core.last, core.last + 1})).first;
    rows.forget(std::min(finished, next));
  }
}

}  // namespace priorseg
