#include "priorseg/detector/network_image.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "priorseg/image/clean_image.h"
#include "priorseg/image/gradient_map.h"
#include "priorseg/image/resample.h"
#include "priorseg/ops/sobel.h"

namespace priorseg {
namespace {

constexpr int64_t kSurveyRows = 512;  // network rows that the first pass takes at a time, at most
constexpr int64_t kSurveyPixels = int64_t{1} << 23;  // likewise
constexpr int64_t kSaturationWindows = 4;  // a side: windows that the automatic saturation is measured from
constexpr int64_t kSaturationSide = 1024;  // network px

/// One of the windows of the automatic saturation while its rows come in.
struct SurveyWindow {
  int64_t top, left, height, width;
  std::vector<torch::Tensor> rows;

  void add(const torch::Tensor& band, RowRange band_rows) {
    const int64_t first = std::max(top, band_rows.first), last = std::min(top + height, band_rows.last);
    if (first >= last) return;
    rows.push_back(
        band.slice(0, first - band_rows.first, last - band_rows.first).slice(1, left, left + width).clone());
  }

  void subtract(const BackgroundGrid& background) {
    if (rows.empty()) return;
    rows = {torch::cat(rows) - background.window({{top, top + height}, {left, left + width}})};
  }
};

/// Evenly spread windows; all of the image where it is small.
std::vector<SurveyWindow> spread_windows(int64_t rows, int64_t columns) {
  const auto places = [](int64_t length) {
    const int64_t side = std::min(length, kSaturationSide);
    const int64_t count = std::min(kSaturationWindows, length / side);
    std::vector<int64_t> first;
    for (int64_t i = 0; i < count; ++i)
      first.push_back(count == 1 ? (length - side) / 2 : i * (length - side) / (count - 1));
    return first;
  };
  std::vector<SurveyWindow> windows;
  for (const int64_t top : places(rows))
    for (const int64_t left : places(columns))
      windows.push_back({top, left, std::min(rows, kSaturationSide), std::min(columns, kSaturationSide), {}});
  return windows;
}

constexpr IntensityRange kNoRange{std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(), 0, 0};

/// What the first pass over an image finds out, beside its background.
class Survey {
 public:
  Survey(int64_t rows, int64_t columns)
      : columns_(columns), sample_(rows * columns), windows_(spread_windows(rows, columns)) {}

  /// @param band  [n,columns]: the next rows.
  void add(const torch::Tensor& band, RowRange rows) {
    sample_.add(band);
    for (auto& window : windows_) window.add(band, rows);
    values_.clear();
    const auto picture = band.masked_select(band.isnan().logical_not());
    if (picture.numel() == 0) return;
    range_.darkest = std::min(range_.darkest, picture.min().item<double>());
    range_.brightest = std::max(range_.brightest, picture.max().item<double>());
    sum_ += picture.sum(torch::kFloat64).item<double>();
    count_ += picture.numel();
  }

  /// Evenly spread pixels of the image.
  const std::vector<float>& values() {
    if (values_.empty()) values_ = sample_.values();
    return values_;
  }

  /// Takes a background off values and windows, after the last row. The range is then that of the values.
  void subtract(const BackgroundGrid& background) {
    values();
    range_ = kNoRange;
    sum_ = 0, count_ = 0;
    for (size_t i = 0; i < values_.size(); ++i) {
      const int64_t place = static_cast<int64_t>(i) * sample_.stride();
      const float value = values_[i] -= background.at(place / columns_, place % columns_);
      if (std::isnan(value)) continue;
      range_.darkest = std::min<double>(range_.darkest, value);
      range_.brightest = std::max<double>(range_.brightest, value);
      sum_ += value;
      ++count_;
    }
    for (auto& window : windows_) window.subtract(background);
  }

  /// Zeros where there is no picture.
  IntensityRange range() const {
    if (count_ == 0) return {};
    auto range = range_;
    range.mean = sum_ / static_cast<double>(count_);
    return range;
  }

  /// The windows of the automatic saturation. To be called once.
  std::vector<torch::Tensor> take_windows(const ImageStatistics& statistics) {
    std::vector<torch::Tensor> greys;
    for (auto& window : windows_)
      greys.push_back(with_background(torch::cat(std::exchange(window.rows, {})), statistics));
    return greys;
  }

 private:
  int64_t columns_;
  IntensitySample sample_;
  std::vector<SurveyWindow> windows_;
  std::vector<float> values_;
  double sum_ = 0;
  int64_t count_ = 0;
  IntensityRange range_ = kNoRange;
};

/// Network pixels of a line of grid cells, without padding.
RowRange pixels_of_cells(RowRange cells, int64_t cell, int64_t length) {
  return {std::clamp<int64_t>((cells.first - 1) * cell, 0, length - 1),
          std::clamp<int64_t>((cells.last - 1) * cell, 1, length)};
}

}  // namespace

TiledNetworkImage::TiledNetworkImage(const ImageInfo& info, const DetectorOptions& options,
                                     const NetworkScale& scale)
    : options_(options),
      quantum_(info.quantum),
      max_size_(scale.max_size),
      objects_from_(scale.objects_from),
      height_(info.height),
      width_(info.width) {
  const auto rescaled = [&](int64_t length) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(length) * scale.network_from_image));
  };
  rows_ = rescaled(height_);
  columns_ = rescaled(width_);
}

TiledNetworkImage::TiledNetworkImage(const torch::Tensor& clean, const ImageInfo& info,
                                     const DetectorOptions& options, const NetworkScale& scale)
    : TiledNetworkImage(info, options, scale) {
  const auto grey = resize_clean(clean, {rows_, columns_});
  const auto flat = flatten_image(grey, quantum_, options.intensity, max_size_, objects_from_);
  flat_ = flat.grey;
  statistics_ = flat.statistics;
}

TiledNetworkImage::TiledNetworkImage(const ImageSource& clean, const DetectorOptions& options,
                                     const NetworkScale& scale)
    : TiledNetworkImage(static_cast<const ImageInfo&>(clean), options, scale) {
  measure_rows(clean);
}

TiledNetworkImage::TiledNetworkImage(const ImageInfo& info, const DetectorOptions& options,
                                     const NetworkScale& scale, const std::vector<torch::Tensor>& figures)
    : TiledNetworkImage(info, options, scale) {
  const auto numbers = figures.at(0).accessor<double, 1>();
  statistics_ = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
  range_ = IntensityRange{numbers[6], numbers[7], numbers[8], numbers[9]};
  if (figures.at(1).numel() == 0) return;
  background_.emplace(rows_, columns_, max_size_);
  background_->set_nodes(figures.at(1));
}

std::vector<torch::Tensor> TiledNetworkImage::figures() const {
  const auto& [background, noise, threshold, ceiling, above, below] = statistics_;
  const auto& [darkest, brightest, mean, saturation] = range_.value();
  return {torch::tensor(
              {background, noise, threshold, ceiling, above, below, darkest, brightest, mean, saturation},
              torch::kFloat64),
          background_ ? background_->nodes() : torch::zeros({0, 0})};
}

void TiledNetworkImage::measure_rows(const ImageSource& clean) {
  const bool local = options_.intensity.background == BackgroundKind::kLocal && !std::isfinite(objects_from_);
  if (local) background_.emplace(rows_, columns_, max_size_);
  Survey survey(rows_, columns_);
  // Pixels of the image as the networks see them, as far as nodes of the background still need them.
  const auto read_network_rows = [&, rows = RollingRows(clean)](int64_t first, int64_t last) mutable {
    rows.read_to(source_rows(height_, rows_, {first, last}).last);
    const auto grey = resize_clean_window(rows, {rows_, columns_}, {{first, last}, {0, columns_}});
    rows.forget(last < rows_ ? source_rows(height_, rows_, {last, last + 1}).first : height_);
    return grey.unsqueeze(0);
  };
  ImageInfo grey_network;
  grey_network.height = rows_;
  grey_network.width = columns_;
  const ImageSource network(grey_network, read_network_rows);
  RollingRows held(network);
  int64_t node_row = 0;
  const int64_t step = std::clamp<int64_t>(kSurveyPixels / columns_, 1, kSurveyRows);
  for (int64_t first = 0; first < rows_; first += step) {
    const RowRange now{first, std::min(rows_, first + step)};
    survey.add(held.rows(now)[0], now);
    for (; local && node_row < background_->num_rows(); ++node_row) {
      const RowRange needed = background_->rows_of_node(node_row);
      if (needed.last > now.last) break;
      background_->measure(node_row, held.rows(needed)[0], needed);
    }
    const bool is_measured = !local || node_row == background_->num_rows();
    held.forget(is_measured ? now.last : std::min(now.last, background_->rows_of_node(node_row).first));
  }
  const bool withstand = options_.intensity.withstand_artefacts;
  statistics_ = measure_values(survey.values(), quantum_, withstand, objects_from_);
  if (local) {
    background_->smooth(statistics_);
    survey.subtract(*background_);
    statistics_ = measure_values(survey.values(), quantum_, withstand);
  }
  auto range = survey.range();
  if (options_.intensity.mapping == IntensityMapping::kLocal && options_.intensity.saturation <= 0) {
    auto greys = survey.take_windows(statistics_);
    const double most = options_.intensity.truncate_mean * range.mean;
    for (auto& grey : greys)
      if (most > 0) grey.clamp_max_(most);
    range.saturation = measure_saturation(greys, statistics_, options_.intensity, max_size_);
  }
  range_ = range;
}

int64_t TiledNetworkImage::grid_rows() const {
  const int64_t cell = options_.localizer.cell_size();
  return (rows_ + cell - 1) / cell + 2;
}

int64_t TiledNetworkImage::grid_columns() const {
  const int64_t cell = options_.localizer.cell_size();
  return (columns_ + cell - 1) / cell + 2;
}

int64_t TiledNetworkImage::mapping_reach_cells() const {
  return static_cast<int64_t>(std::ceil(mapping_reach(options_.intensity, max_size_) /
                                        static_cast<double>(options_.localizer.cell_size())));
}

double TiledNetworkImage::image_row(double network_row) const {
  return (network_row - static_cast<double>(options_.localizer.cell_size())) * static_cast<double>(height_) /
         static_cast<double>(rows_);
}

/// Without padding.
RowRange TiledNetworkImage::network_rows(RowRange cells) const {
  return pixels_of_cells(cells, options_.localizer.cell_size(), rows_);
}

ImageWindow TiledNetworkImage::network_window(const ImageWindow& cells) const {
  return {network_rows(cells.rows), pixels_of_cells(cells.columns, options_.localizer.cell_size(), columns_)};
}

RowRange TiledNetworkImage::image_rows(RowRange cells) const {
  return source_rows(height_, rows_, network_rows(cells));
}

NetworkImage TiledNetworkImage::tile(const ImageWindow& cells, const RollingRows& clean) const {
  const ImageWindow wanted = network_window(cells);
  auto grey = resize_clean_window(clean, {rows_, columns_}, wanted);
  if (background_) grey -= background_->window(wanted);
  return finish(with_background(grey, statistics_), cells);
}

NetworkImage TiledNetworkImage::whole() { return finish(std::exchange(flat_, {}), grid()); }

/// Maps network pixels without background, and pads them to the grid cells `cells`.
NetworkImage TiledNetworkImage::finish(const torch::Tensor& flat, const ImageWindow& cells) const {
  // One grid cell on every side: objects whose centre lies on or just outside the border can be found as
  // well.
  const int64_t cell = options_.localizer.cell_size();
  const ImageWindow shown = network_window(cells);
  const int64_t top = (cells.rows.first == 0) * cell, left = (cells.columns.first == 0) * cell;
  const int64_t bottom = cells.height() * cell - top - shown.height();
  const int64_t right = cells.width() * cell - left - shown.width();
  NetworkImage result;
  result.y_scale = static_cast<double>(rows_) / static_cast<double>(height_);
  result.x_scale = static_cast<double>(columns_) / static_cast<double>(width_);
  result.padding = cell;
  result.first_row = cells.rows.first * cell;
  result.first_column = cells.columns.first * cell;
  std::optional<PartOfImage> part;
  if (range_) part = {*range_, rows_, columns_, shown.rows.first, shown.columns.first};
  const auto mapped = map_intensity(flat, statistics_, options_.intensity, max_size_, part);
  result.mapped = pad_mirrored(mapped, top, bottom, left, right);
  const double sigma = std::max(statistics_.noise, 1e-12);
  result.signal = pad_mirrored((flat - statistics_.background) / sigma, top, bottom, left, right);
  result.threshold = statistics_.threshold / sigma;
  return result;
}

torch::Tensor without_padding(const NetworkImage& seen, const torch::Tensor& map, const ImageInfo& image) {
  const auto length = [](int64_t pixels, double factor) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(pixels) * factor));
  };
  return map.slice(0, seen.padding, seen.padding + length(image.height, seen.y_scale))
      .slice(1, seen.padding, seen.padding + length(image.width, seen.x_scale));
}

NetworkImage prepare_image(const Image& image, const DetectorOptions& options, const NetworkScale& scale) {
  const auto clean = clean_source(image, options.intensity);
  NetworkImage result = TiledNetworkImage(clean.read(0, image.height), clean, options, scale).whole();
  const auto rows = std::max<int64_t>(1, std::llround(result.y_scale * static_cast<double>(image.height)));
  const auto columns = std::max<int64_t>(1, std::llround(result.x_scale * static_cast<double>(image.width)));
  const auto inside = result.mapped.slice(0, result.padding, result.padding + rows)
                          .slice(1, result.padding, result.padding + columns);
  result.gradient_scale =
      gradient_full_scale(sobel_magnitude(inside.contiguous().view({1, 1, rows, columns})), options.gradient);
  return result;
}

}  // namespace priorseg
