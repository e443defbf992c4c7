#include "priorseg/data/frame_linker.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr double kLeastShareOfDaughter = 0.5;

double diameter_of_area(double area) { return 2 * std::sqrt(area / std::numbers::pi); }

}  // namespace

std::vector<FrameLinker::Object> FrameLinker::objects_of(const torch::Tensor& labels) {
  std::vector<Object> objects(static_cast<size_t>(labels.max().item<int32_t>()) + 1);
  const int32_t* label = labels.data_ptr<int32_t>();
  for (int64_t y = 0; y < labels.size(0); ++y) {
    for (int64_t x = 0; x < labels.size(1); ++x, ++label) {
      if (*label == 0) continue;
      Object& object = objects[static_cast<size_t>(*label)];
      ++object.area;
      object.x += static_cast<double>(x);
      object.y += static_cast<double>(y);
    }
  }
  for (auto& object : objects)
    if (object.area > 0) object.x /= object.area, object.y /= object.area;
  return objects;
}

/// Every pair that has pixels in common; `measure` is how many.
std::vector<FrameLinker::Pair> FrameLinker::overlaps_with(const torch::Tensor& labels) const {
  std::map<std::pair<int32_t, int32_t>, int64_t> common;
  const int32_t* before = labels_.data_ptr<int32_t>();
  const int32_t* now = labels.data_ptr<int32_t>();
  for (int64_t i = 0; i < labels.numel(); ++i)
    if (before[i] != 0 && now[i] != 0) ++common[{before[i], now[i]}];
  std::vector<Pair> pairs;
  for (const auto& [pair, pixels] : common)
    pairs.push_back({pair.first, pair.second, static_cast<double>(pixels)});
  return pairs;
}

std::vector<FrameLinker::Pair> FrameLinker::near_pairs(const std::vector<Object>& now,
                                                       const std::vector<bool>& is_continued) const {
  std::vector<Pair> pairs;
  for (size_t a = 1; a < objects_.size(); ++a) {
    if (is_continued[a] || objects_[a].area == 0) continue;
    for (size_t b = 1; b < now.size(); ++b) {
      if (now[b].area == 0 || now[b].track != 0) continue;
      const double distance = std::hypot(objects_[a].x - now[b].x, objects_[a].y - now[b].y);
      if (2 * distance <= diameter_of_area(objects_[a].area) + diameter_of_area(now[b].area))
        pairs.push_back({static_cast<int32_t>(a), static_cast<int32_t>(b), -distance});
    }
  }
  return pairs;
}

int32_t FrameLinker::begin_track(int64_t frame, int32_t parent) {
  tracks_.push_back({static_cast<int32_t>(tracks_.size()) + 1, frame, frame, parent});
  return tracks_.back().number;
}

/// @param overlaps  pixels in common.
void FrameLinker::link_divisions(const std::vector<Pair>& overlaps, std::vector<Object>& now, int64_t frame) {
  std::map<int32_t, std::vector<int32_t>> mostly_on;  // objects of now by that of before
  for (const auto& pair : overlaps)
    if (pair.measure >= kLeastShareOfDaughter * now[static_cast<size_t>(pair.now)].area)
      mostly_on[pair.before].push_back(pair.now);
  for (const auto& [before, daughters] : mostly_on) {
    const int32_t parent = objects_[static_cast<size_t>(before)].track;
    const auto continues = [&](int32_t label) { return now[static_cast<size_t>(label)].track == parent; };
    const auto is_new = [&](int32_t label) { return now[static_cast<size_t>(label)].track == 0; };
    if (std::none_of(daughters.begin(), daughters.end(), continues) ||
        std::none_of(daughters.begin(), daughters.end(), is_new))
      continue;
    for (const int32_t label : daughters)
      if (continues(label) || is_new(label))
        now[static_cast<size_t>(label)].track = begin_track(frame, parent);
  }
}

std::vector<int32_t> FrameLinker::add(const torch::Tensor& given, int64_t frame) {
  check_shape(given, {std::nullopt, std::nullopt}, "labels");
  if (given.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  const auto labels = given.cpu().contiguous();
  if (labels_.defined() && labels.sizes() != labels_.sizes())
    throw Error("a frame of " + std::to_string(labels.size(1)) + " x " + std::to_string(labels.size(0)) +
                " pixels follows one of another size");
  auto now = objects_of(labels);
  if (labels_.defined() && frame == frame_ + 1) {
    const auto overlaps = overlaps_with(labels);
    std::vector<bool> is_continued(objects_.size());
    const auto link = [&](std::vector<Pair> pairs) {
      std::stable_sort(pairs.begin(), pairs.end(),
                       [](const Pair& a, const Pair& b) { return a.measure > b.measure; });
      for (const auto& pair : pairs) {
        auto& object = now[static_cast<size_t>(pair.now)];
        if (is_continued[static_cast<size_t>(pair.before)] || object.track != 0) continue;
        object.track = objects_[static_cast<size_t>(pair.before)].track;
        is_continued[static_cast<size_t>(pair.before)] = true;
      }
    };
    auto by_iou = overlaps;
    for (auto& pair : by_iou)
      pair.measure /= objects_[static_cast<size_t>(pair.before)].area +
                      now[static_cast<size_t>(pair.now)].area - pair.measure;
    link(by_iou);
    link(near_pairs(now, is_continued));
    link_divisions(overlaps, now, frame);
  }
  std::vector<int32_t> track_of_label(now.size());
  for (size_t label = 1; label < now.size(); ++label) {
    if (now[label].area == 0) continue;
    if (now[label].track == 0) now[label].track = begin_track(frame, 0);
    tracks_[static_cast<size_t>(now[label].track) - 1].last = frame;
    track_of_label[label] = now[label].track;
  }
  labels_ = labels;
  objects_ = std::move(now);
  frame_ = frame;
  return track_of_label;
}

}  // namespace priorseg
