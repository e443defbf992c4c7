#include "priorseg/image/label_parts.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr int64_t kPartsOfAMask = 3;
constexpr double kSecondPart = 0.2;     // of the largest part's area
constexpr double kManyScattered = 0.2;  // of all labels
constexpr int32_t kHighestOfBytes = 255;
constexpr double kBackgroundShare = 0.5;  // of the picture

/// Sets of provisional parts that turn out to touch.
class TouchingParts {
 public:
  int32_t add() {
    parents_.push_back(static_cast<int32_t>(parents_.size()));
    return parents_.back();
  }
  int32_t first_of(int32_t part) {
    while (parents_[static_cast<size_t>(part)] != part) {
      auto& parent = parents_[static_cast<size_t>(part)];
      parent = parents_[static_cast<size_t>(parent)];
      part = parent;
    }
    return part;
  }
  void join(int32_t a, int32_t b) {
    a = first_of(a), b = first_of(b);
    parents_[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<int32_t> parents_{0};  // 0 is the background
};

/// A provisional part for each pixel: those before it in the order of the rows that touch it and have its
/// label.
torch::Tensor provisional_parts(const torch::Tensor& labels, TouchingParts& touching) {
  const int64_t height = labels.size(0), width = labels.size(1);
  auto parts = torch::zeros_like(labels);
  const int32_t* label = labels.data_ptr<int32_t>();
  int32_t* part = parts.data_ptr<int32_t>();
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const int64_t here = y * width + x;
      if (label[here] == 0) continue;
      const auto look_at = [&](int64_t dy, int64_t dx) {
        if (y + dy < 0 || x + dx < 0 || x + dx >= width) return;
        const int64_t there = here + dy * width + dx;
        if (label[there] != label[here]) return;
        if (part[here] == 0)
          part[here] = part[there];
        else
          touching.join(part[here], part[there]);
      };
      look_at(0, -1), look_at(-1, -1), look_at(-1, 0), look_at(-1, 1);
      if (part[here] == 0) part[here] = touching.add();
    }
  return parts;
}

/// Areas of the two largest parts of a label.
struct LargestParts {
  int64_t largest = 0, second = 0;

  void add(int64_t area) {
    second = std::max(second, std::min(largest, area));
    largest = std::max(largest, area);
  }
};

/// A label of more than half of the picture, on all its sides, as backgrounds are.
struct Background {
  int32_t label = 0;  // 0 = there is none
  double share = 0;   // of the picture
};

Background find_background(const torch::Tensor& labels) {
  if (labels.numel() == 0) return {};
  // More than half of the pixels have it: it is their median.
  const int32_t label = labels.flatten().median().item<int32_t>();
  const auto is_label = labels.eq(label);
  const double share = is_label.to(torch::kFloat64).mean().item<double>();
  for (const auto& side :
       {is_label.select(0, 0), is_label.select(0, -1), is_label.select(1, 0), is_label.select(1, -1)})
    if (!side.any().item<bool>()) return {};
  return share > kBackgroundShare ? Background{label, share} : Background{};
}

}  // namespace

LabelParts find_label_parts(const torch::Tensor& given) {
  check_shape(given, {std::nullopt, std::nullopt}, "labels");
  const auto labels = given.contiguous();
  LabelParts found;
  TouchingParts touching;
  found.labels = provisional_parts(labels, touching);
  std::unordered_map<int32_t, int32_t> number_of;  // of a provisional part
  std::vector<std::pair<int32_t, int64_t>> parts;  // label and area
  const int32_t* label = labels.data_ptr<int32_t>();
  int32_t* part = found.labels.data_ptr<int32_t>();
  for (int64_t i = 0; i < labels.numel(); ++i) {
    if (part[i] == 0) continue;
    const auto [known, is_new] = number_of.emplace(touching.first_of(part[i]), std::ssize(parts) + 1);
    if (is_new) parts.emplace_back(label[i], 0);
    part[i] = known->second;
    ++parts[static_cast<size_t>(part[i]) - 1].second;
  }
  std::unordered_map<int32_t, LargestParts> largest;
  for (const auto& [of_label, area] : parts) largest[of_label].add(area);
  found.num_parts = std::ssize(parts);
  found.num_labels = std::ssize(largest);
  for (const auto& [of_label, areas] : largest) {
    found.highest_label = std::max(found.highest_label, of_label);
    found.scattered += static_cast<double>(areas.second) >= kSecondPart * static_cast<double>(areas.largest);
  }
  return found;
}

torch::Tensor objects_of_labels(const torch::Tensor& labels, LabelSplit split, const std::string& name,
                                std::string* doubt) {
  const auto parts = find_label_parts(labels);
  if (split == LabelSplit::kParts) return parts.labels;
  if (parts.num_labels == 1 && parts.num_parts >= kPartsOfAMask && parts.scattered == 1)
    throw Error(
        name + " holds one label, " + std::to_string(parts.highest_label) + ", in " +
        std::to_string(parts.num_parts) +
        " separate parts: a mask, where a label map with a number for each object is expected; --split takes "
        "each part for an object");
  const bool many =
      static_cast<double>(parts.scattered) > kManyScattered * static_cast<double>(parts.num_labels);
  if (doubt && many && parts.num_labels > 1)
    *doubt = std::to_string(parts.scattered) + " of its " + std::to_string(parts.num_labels) +
             " labels lie in several separate parts" +
             (parts.highest_label == kHighestOfBytes ? ": did numbers above 255 wrap round?" : "") +
             "; --split takes each part for an object";
  const Background background = doubt ? find_background(labels) : Background{};
  if (background.label > 0)
    *doubt += (doubt->empty() ? "its label " : "; label ") + std::to_string(background.label) + " covers " +
              std::to_string(std::lround(100 * background.share)) +
              " % of the picture and reaches all its sides: a background, which has to be 0, or a mask?";
  return labels;
}

}  // namespace priorseg
