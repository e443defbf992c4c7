#include "priorseg/eval/overlaps.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

using AreaOfLabel = std::map<int32_t, int64_t>;

void check_label_map(const torch::Tensor& labels, const std::string& name) {
  check_shape(labels, {std::nullopt, std::nullopt}, name);
  if (labels.scalar_type() != torch::kInt32 || !labels.device().is_cpu()) {
    throw Error(name + " is " + std::string(labels.toString()) + ", expected an int32 label map on the CPU");
  }
}

std::string size_text(const torch::Tensor& labels) {
  return std::to_string(labels.size(0)) + " x " + std::to_string(labels.size(1));
}

uint64_t pair_key(int32_t truth, int32_t predicted) {
  return static_cast<uint64_t>(static_cast<uint32_t>(truth)) << 32 | static_cast<uint32_t>(predicted);
}

/// Pixels of every pair of labels that occurs, background included.
std::unordered_map<uint64_t, int64_t> count_label_pairs(const torch::Tensor& truth,
                                                        const torch::Tensor& predicted) {
  const torch::Tensor truth_rows = truth.contiguous();
  const torch::Tensor predicted_rows = predicted.contiguous();
  const int32_t* a = truth_rows.data_ptr<int32_t>();
  const int32_t* b = predicted_rows.data_ptr<int32_t>();
  std::unordered_map<uint64_t, int64_t> pixels;
  // A run of equal pairs is looked up once: most pixels have the same pair as their left neighbour.
  for (int64_t i = 0, n = truth_rows.numel(); i < n;) {
    int64_t end = i + 1;
    while (end < n && a[end] == a[i] && b[end] == b[i]) ++end;
    pixels[pair_key(a[i], b[i])] += end - i;
    i = end;
  }
  return pixels;
}

void list_objects(const AreaOfLabel& area_of_label, std::vector<int32_t>& labels,
                  std::vector<int64_t>& areas) {
  for (const auto& [label, area] : area_of_label) {
    labels.push_back(label);
    areas.push_back(area);
  }
}

int64_t index_of(const std::vector<int32_t>& labels, int32_t label) {
  return std::lower_bound(labels.begin(), labels.end(), label) - labels.begin();
}

}  // namespace

LabelOverlaps count_overlaps(const torch::Tensor& truth, const torch::Tensor& predicted) {
  check_label_map(truth, "truth");
  check_label_map(predicted, "prediction");
  if (truth.sizes() != predicted.sizes()) {
    throw Error("the truth is " + size_text(truth) + " pixels and the prediction " + size_text(predicted) +
                ", expected two label maps of one image with the same size");
  }
  const auto pixels_of_pair = count_label_pairs(truth, predicted);
  AreaOfLabel truth_areas, predicted_areas;
  for (const auto& [key, pixels] : pixels_of_pair) {
    const auto truth_label = static_cast<int32_t>(key >> 32);
    const auto predicted_label = static_cast<int32_t>(key & 0xffffffffu);
    if (truth_label != 0) truth_areas[truth_label] += pixels;
    if (predicted_label != 0) predicted_areas[predicted_label] += pixels;
  }
  LabelOverlaps result;
  list_objects(truth_areas, result.truth_labels, result.truth_areas);
  list_objects(predicted_areas, result.predicted_labels, result.predicted_areas);
  for (const auto& [key, pixels] : pixels_of_pair) {
    const auto truth_label = static_cast<int32_t>(key >> 32);
    const auto predicted_label = static_cast<int32_t>(key & 0xffffffffu);
    if (truth_label == 0 || predicted_label == 0) continue;
    result.pairs.push_back({index_of(result.truth_labels, truth_label),
                            index_of(result.predicted_labels, predicted_label), pixels});
  }
  std::sort(result.pairs.begin(), result.pairs.end(), [](const auto& left, const auto& right) {
    return std::pair(left.truth, left.predicted) < std::pair(right.truth, right.predicted);
  });
  return result;
}

torch::Tensor drop_objects_at_border(const torch::Tensor& labels, int64_t margin) {
  check_label_map(labels, "labels");
  if (margin == 0) return labels;
  const int64_t height = labels.size(0), width = labels.size(1);
  if (margin < 0 || 2 * margin >= std::min(height, width)) {
    throw Error("the field of interest is " + std::to_string(margin) + " px from the border of an image of " +
                size_text(labels) + " pixels; expected 0 or more and less than half the shorter side");
  }
  torch::Tensor result = labels.contiguous().clone();
  int32_t* pixels = result.data_ptr<int32_t>();
  std::unordered_set<int32_t> inside;
  for (int64_t y = margin; y < height - margin; ++y) {
    for (int64_t x = margin; x < width - margin; ++x) inside.insert(pixels[y * width + x]);
  }
  for (int64_t i = 0; i < height * width; ++i) {
    if (!inside.contains(pixels[i])) pixels[i] = 0;
  }
  return result;
}

}  // namespace priorseg
