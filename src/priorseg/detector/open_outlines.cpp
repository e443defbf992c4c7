#include "priorseg/detector/open_outlines.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <utility>

#include "priorseg/core/parallel.h"
#include "priorseg/detector/open_candidates.h"
#include "priorseg/detector/outline_signs.h"
#include "priorseg/detector/pixel_outline.h"
#include "priorseg/detector/relief_outline.h"
#include "priorseg/image/clean_image.h"

namespace priorseg {
namespace {

template <class Value>
std::vector<Value> chosen(const std::vector<Value>& values, const std::vector<int64_t>& places) {
  std::vector<Value> result;
  for (const int64_t i : places) result.push_back(values[static_cast<size_t>(i)]);
  return result;
}

Detections chosen(const Detections& all, const std::vector<int64_t>& places) {
  return {all.instances.select(torch::tensor(places, torch::kInt64)), chosen(all.objects, places)};
}

/// The set pixels of a bitmap whose top left corner is pixel (x0, y0) of the image.
ObjectPixels cut_to_object(const std::vector<uint8_t>& bits, int64_t height, int64_t width, int64_t y0,
                           int64_t x0) {
  int64_t top = height, bottom = -1, left = width, right = -1;
  ObjectPixels object;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      if (!bits[static_cast<size_t>(y * width + x)]) continue;
      top = std::min(top, y), bottom = y;
      left = std::min(left, x), right = std::max(right, x);
      ++object.area;
    }
  if (object.area == 0) return object;
  object.y0 = y0 + top, object.x0 = x0 + left;
  object.height = bottom - top + 1, object.width = right - left + 1;
  for (int64_t y = top; y <= bottom; ++y) {
    const auto row = bits.begin() + y * width;
    object.bits.insert(object.bits.end(), row + left, row + right + 1);
  }
  return object;
}

/// The object with the outline of its pixels, or its parts.
std::vector<std::vector<uint8_t>> outlined_parts(OutlineWindow window, double level,
                                                 const std::optional<SizesOfParts>& sizes) {
  window.is_object = outline_by_pixels(window, level);
  if (!sizes) return {std::move(window.is_object)};
  return touching_parts(window, *sizes);
}

/// What was drawn of one of several parts, the others as its neighbours.
OutlineWindow window_of_part(const OutlineWindow& window, const std::vector<uint8_t>& part,
                             const std::vector<std::vector<uint8_t>>& parts) {
  OutlineWindow result = window;
  if (parts.size() < 2) return result;
  for (const auto& other : parts) {
    if (&other == &part) continue;
    for (size_t i = 0; i < other.size(); ++i) {
      if (!other[i]) continue;
      result.is_object[i] = 0;
      result.is_neighbour[i] = 1;
    }
  }
  return result;
}

}  // namespace

ReadKnownGrey known_grey_of(const torch::Tensor& clean) {
  // Views, where the rows lie together.
  const std::array<torch::Tensor, kCleanLayers> layers = {layer_of(clean, CleanLayer::kGrey).contiguous(),
                                                          layer_of(clean, CleanLayer::kBlank).contiguous(),
                                                          layer_of(clean, CleanLayer::kKind).contiguous()};
  return
      [layers, width = clean.size(2), grey = layers[0].data_ptr<float>(), blank = layers[1].data_ptr<float>(),
       kind = layers[2].data_ptr<float>()](int64_t y, int64_t left, int64_t count, float* row) {
        const int64_t first = y * width + left;
        for (int64_t x = 0, i = first; x < count; ++x, ++i)
          row[x] = blank[i] == 0 && kind[i] == 0 ? grey[i] : std::numeric_limits<float>::quiet_NaN();
      };
}

ReadKnownGrey known_grey_of(const RollingRows& clean) {
  return [&clean](int64_t y, int64_t left, int64_t count, float* row) {
    clean.copy(channel_of(clean.info(), CleanLayer::kGrey), y, left, count, row);
    std::vector<float> is_unknown;
    for (const auto layer : {CleanLayer::kBlank, CleanLayer::kKind}) {
      const int64_t channel = channel_of(clean.info(), layer);
      if (clean.is_zero(channel, {y, y + 1})) continue;
      is_unknown.resize(static_cast<size_t>(count));
      clean.copy(channel, y, left, count, is_unknown.data());
      for (int64_t x = 0; x < count; ++x)
        if (is_unknown[static_cast<size_t>(x)] != 0) row[x] = std::numeric_limits<float>::quiet_NaN();
    }
  };
}

/// Cells of a relief are looked at as a whole, however little of one is the object.
int64_t OpenOutlines::margin_around(const ObjectPixels& object) const {
  return relief_cells_ ? kOutlineMargin : outline_margin(object.area, level_);
}

void OpenOutlines::paint(const ObjectPixels& object, int32_t owner) {
  for (int64_t y = 0; y < object.height; ++y)
    for (int64_t x = 0; x < object.width; ++x) {
      if (!object.bits[static_cast<size_t>(y * object.width + x)]) continue;
      int32_t& pixel = owners_[static_cast<size_t>((object.y0 + y - first_row_) * width_ + object.x0 + x)];
      if (pixel == 0) pixel = owner;
    }
}

void OpenOutlines::hold(Detections settled) {
  int64_t last_row = 0;
  for (const auto& object : settled.objects) last_row = std::max(last_row, object.y0 + object.height);
  const auto needed = static_cast<size_t>(std::max<int64_t>(0, last_row - first_row_) * width_);
  if (owners_.size() < needed) owners_.resize(needed);
  for (auto& object : settled.objects) {
    paint(object, ++last_owner_);
    owners_of_held_.push_back(last_owner_);
    held_.objects.push_back(std::move(object));
  }
  held_.instances =
      held_.instances.size() == 0 ? settled.instances : joined(held_.instances, settled.instances);
}

OutlineWindow OpenOutlines::window_around(const ObjectPixels& object, int32_t owner,
                                          const ReadKnownGrey& grey, int64_t top, int64_t left) const {
  const int64_t margin = margin_around(object);
  OutlineWindow window;
  window.height = std::min(height_, object.y0 + object.height + margin) - top;
  window.width = std::min(width_, object.x0 + object.width + margin) - left;
  const int64_t known_rows = std::ssize(owners_) / width_ + first_row_;
  const auto size = static_cast<size_t>(window.height * window.width);
  window.grey.resize(size), window.is_object.resize(size), window.is_neighbour.resize(size);
  for (int64_t y = 0; y < window.height; ++y) {
    grey(top + y, left, window.width, &window.grey[static_cast<size_t>(y * window.width)]);
    if (top + y >= known_rows) continue;
    const int32_t* owners = &owners_[static_cast<size_t>((top + y - first_row_) * width_ + left)];
    for (int64_t x = 0; x < window.width; ++x) {
      const auto i = static_cast<size_t>(y * window.width + x);
      window.is_object[i] = owners[x] == owner;
      window.is_neighbour[i] = owners[x] != 0 && owners[x] != owner;
    }
  }
  return window;
}

/// Numbers of the objects of the pixels of a window; 0 = none.
std::vector<int32_t> OpenOutlines::owners_in(int64_t top, int64_t left, const OutlineWindow& window) const {
  std::vector<int32_t> owners(window.grey.size());
  const int64_t known_rows = std::ssize(owners_) / width_ + first_row_;
  for (int64_t y = 0; y < std::min(window.height, known_rows - top); ++y) {
    const auto row = owners_.begin() + (top + y - first_row_) * width_ + left;
    std::copy_n(row, window.width, owners.begin() + y * window.width);
  }
  return owners;
}

/// The object, its parts, or the cells of a relief that it was drawn on.
std::vector<OpenOutlines::Part> OpenOutlines::outlined(const ObjectPixels& object, double score,
                                                       int32_t owner, const ReadKnownGrey& grey) const {
  const int64_t margin = margin_around(object);
  const int64_t top = std::max<int64_t>(0, object.y0 - margin),
                left = std::max<int64_t>(0, object.x0 - margin);
  const auto window = window_around(object, owner, grey, top, left);
  const auto& given = window.is_object;
  if (std::find(given.begin(), given.end(), 1) == given.end()) return {{object, {}}};  // better ones cover it
  const auto parts = relief_cells_ ? cells_of_relief(window, owners_in(top, left, window), owner)
                                   : outlined_parts(window, level_, sizes_);
  std::vector<Part> result;
  for (const auto& part : parts)
    result.push_back({cut_to_object(part, window.height, window.width, top, left),
                      signs_of_outline(window_of_part(window, part, parts), part, score)});
  return result;
}

OutlinedObjects OpenOutlines::add(Detections settled, int64_t complete_rows, const ReadKnownGrey& grey) {
  if (level_ <= 0) {
    first_row_ = std::min(complete_rows, height_);
    return {std::move(settled), {}};
  }
  hold(std::move(settled));
  std::vector<int64_t> ready, waiting;
  for (int64_t i = 0; i < std::ssize(held_.objects); ++i) {
    const auto& object = held_.objects[static_cast<size_t>(i)];
    const int64_t last = object.y0 + object.height + margin_around(object);
    (std::min(last, height_) <= complete_rows ? ready : waiting).push_back(i);
  }
  const Detections given = chosen(held_, ready);
  const auto scores = given.instances.scores.contiguous();
  const auto owners = chosen(owners_of_held_, ready);
  std::vector<std::vector<Part>> parts(ready.size());
  parallel_for(0, std::ssize(ready), 16, [&](int64_t first, int64_t last) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      const auto score = static_cast<double>(scores.data_ptr<float>()[i]);
      parts[i] = outlined(given.objects[i], score, owners[i], grey);
    }
  });
  std::vector<int64_t> whole_of_part;
  OutlinedObjects result;
  for (size_t i = 0; i < parts.size(); ++i)
    for (auto& part : parts[i]) {
      whole_of_part.push_back(static_cast<int64_t>(i));
      result.found.objects.push_back(std::move(part.object));
      result.signs.push_back(part.signs);
    }
  result.found.instances = given.instances.select(torch::tensor(whole_of_part, torch::kInt64));
  held_ = chosen(held_, waiting);
  owners_of_held_ = chosen(owners_of_held_, waiting);
  forget_rows(complete_rows);
  return result;
}

void OpenOutlines::forget_rows(int64_t complete_rows) {
  int64_t first = height_;
  if (complete_rows < height_) {
    first = complete_rows;
    for (const auto& object : held_.objects) first = std::min(first, object.y0);
    first = std::max(first_row_, first - kOutlineMargin);
  }
  const int64_t gone = std::min(std::ssize(owners_), (first - first_row_) * width_);
  owners_.erase(owners_.begin(), owners_.begin() + gone);
  first_row_ = first;
}

}  // namespace priorseg
