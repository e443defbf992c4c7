#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/detector/pixel_outline.h"
#include "priorseg/detector/search.h"
#include "priorseg/image/clean_image.h"

namespace priorseg {
namespace {

constexpr size_t kTensorsAScale = 3;   // of ImageFigures
constexpr int64_t kMarginReaches = 4;  // reaches of a box: objects that overlap an own one, and their rivals

torch::Tensor numbers_of(const NetworkScale& scale) {
  return torch::tensor({scale.network_from_image, scale.scale_min, scale.scale_max, scale.min_size,
                        scale.max_size, scale.objects_from},
                       torch::kFloat64);
}

NetworkScale scale_of(const torch::Tensor& numbers) {
  const auto value = numbers.accessor<double, 1>();
  return {value[0], value[1], value[2], value[3], value[4], value[5]};
}

}  // namespace

ImageFigures Detector::Search::measure(const ImageSource& image) const {
  ImageFigures figures;
  for (const auto& level : measured_levels(image, clean_source(image, options_.intensity))) {
    figures.push_back(numbers_of(level.scale));
    for (auto& tensor : level.network.figures()) figures.push_back(std::move(tensor));
  }
  return figures;
}

std::vector<Detector::Search::Level> Detector::Search::known_levels(const ImageInfo& image,
                                                                    const ImageFigures& figures) const {
  const ImageInfo clean = clean_source(ImageSource(image, {}), options_.intensity);
  std::vector<Level> levels;
  for (size_t i = 0; i + kTensorsAScale <= figures.size(); i += kTensorsAScale) {
    const auto scale = scale_of(figures[i]);
    levels.push_back({scale, TiledNetworkImage(clean, options_, scale, {figures[i + 1], figures[i + 2]})});
  }
  if (levels.empty())
    throw Error("there are no figures of the image, expected those that were measured of it");
  return levels;
}

/// Bands `first` to `last` - 1 with margins, which begin and end at tiles as those of the whole bands do:
/// tiles that begin elsewhere come out a little different.
std::vector<RowRange> Detector::Search::bands_of_part(const std::vector<Level>& levels,
                                                      const std::vector<RowRange>& all, size_t first,
                                                      size_t last) const {
  const auto& network = levels.front().network;
  const int64_t cell = options_.localizer.cell_size();
  const int64_t tile = tile_cells();
  const auto outline_cells = static_cast<int64_t>(
      std::ceil(kOutlineMargin / (network.image_row(static_cast<double>(cell)) - network.image_row(0))));
  // What is open at the end of a band waits for objects that overlap it, and for the pixels around them.
  const int64_t margin = kMarginReaches * box_reach_cells() + 2 * outline_cells;
  std::vector<RowRange> bands(all.begin() + static_cast<std::ptrdiff_t>(first),
                              all.begin() + static_cast<std::ptrdiff_t>(last));
  const int64_t top = bands.front().first - margin, bottom = bands.back().last + margin;
  for (size_t i = first; i > 0 && all[i - 1].last > top; --i) {
    const RowRange above = all[i - 1];
    const int64_t skipped = std::max<int64_t>(0, top - above.first) / tile * tile;
    bands.insert(bands.begin(), {above.first + skipped, above.last});
  }
  for (size_t i = last; i < all.size() && all[i].first < bottom; ++i) {
    const RowRange below = all[i];
    const int64_t shown = (std::min(below.last, bottom) - below.first + tile - 1) / tile * tile;
    bands.push_back({below.first, std::min(below.last, below.first + shown)});
  }
  return bands;
}

/// The part that is all of an image: it has no margins.
ImagePart Detector::Search::whole_image(const std::vector<Level>& levels, const ImageInfo& image,
                                        int64_t band_pixels) const {
  const RowRange all{0, image.height};
  return {bands_of(levels.front().network, image, band_pixels), all, all, all};
}

/// The rows that its bands show, and that outlines look at.
RowRange Detector::Search::rows_of_part(std::vector<Level>& levels,
                                        const std::vector<RowRange>& bands) const {
  go_to(levels, bands.front());
  const int64_t first = bands.front().first == 0 ? 0 : rows_to_show(levels).first;
  go_to(levels, bands.back());
  return {std::max<int64_t>(0, first - kOutlineMargin), rows_to_show(levels).last};
}

std::vector<ImagePart> Detector::Search::parts_of(const ImageInfo& image, const ImageFigures& figures,
                                                  int64_t band_pixels, int64_t bands) const {
  if (bands < 1) throw Error("a part has " + std::to_string(bands) + " bands, expected at least 1");
  auto levels = known_levels(image, figures);
  const auto all = bands_of(levels.front().network, image, band_pixels);
  const int64_t cell = options_.localizer.cell_size();
  std::vector<ImagePart> parts;
  for (size_t first = 0; first < all.size(); first += static_cast<size_t>(bands)) {
    const size_t last = std::min(all.size(), first + static_cast<size_t>(bands));
    ImagePart part;
    part.bands = bands_of_part(levels, all, first, last);
    const double end = levels.front().network.image_row(static_cast<double>(all[last - 1].last * cell));
    part.owned = {
        parts.empty() ? 0 : parts.back().owned.last,
        last == all.size() ? image.height : std::clamp<int64_t>(std::llround(end), 0, image.height)};
    part.given = rows_of_part(levels, part.bands);
    if (last == all.size()) part.given.last = image.height;
    part.read = rows_behind_clean(image, part.given);
    parts.push_back(std::move(part));
  }
  return parts;
}

void Detector::Search::find_in_part(const ImageSource& image, const ImageFigures& figures,
                                    const ImagePart& part,
                                    const std::function<void(const FoundRows&)>& give) const {
  torch::NoGradGuard no_grad;
  auto levels = known_levels(image, figures);
  look_through(clean_source(image, options_.intensity), levels, part, give);
}

ImageFigures Detector::measure(const ImageSource& image, const InferenceOptions& inference,
                               Observer& observer) const {
  return Search(*this, inference, observer).measure(image);
}

std::vector<ImagePart> Detector::parts_of(const ImageInfo& image, const ImageFigures& figures,
                                          const InferenceOptions& inference, int64_t band_pixels,
                                          int64_t bands) const {
  return Search(*this, inference, nobody()).parts_of(image, figures, band_pixels, bands);
}

void Detector::find_in_part(const ImageSource& image, const ImageFigures& figures, const ImagePart& part,
                            const InferenceOptions& inference,
                            const std::function<void(const FoundRows&)>& give, Observer& observer) const {
  Search(*this, inference, observer).find_in_part(image, figures, part, give);
}

}  // namespace priorseg
