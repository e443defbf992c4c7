#include "priorseg/detector/open_candidates.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "priorseg/image/artefacts.h"

namespace priorseg {
namespace {

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

constexpr double kNoLimit = std::numeric_limits<double>::infinity();
constexpr double kMostOfACrowd = 0.5;  // share of an object that better ones may cover together

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

}  // namespace

Instances joined(const Instances& a, const Instances& b) { return joined(std::vector<Instances>{a, b}); }

Instances joined(const std::vector<Instances>& parts) {
  const auto all = [&](torch::Tensor Instances::*field) {
    std::vector<torch::Tensor> tensors;
    for (const auto& part : parts) tensors.push_back(part.*field);
    return torch::cat(tensors);
  };
  return {all(&Instances::boxes), all(&Instances::scores), all(&Instances::latents),
          all(&Instances::masks), parts.back().height,     parts.back().width};
}

OpenCandidates::OpenCandidates(const InferenceOptions& options, double smallest_side, bool has_levels)
    : options_(options),
      least_side_(options.min_size_share * smallest_side),
      suppression_(options.max_overlap, options.nms, has_levels ? kMostOfACrowd : kNoLimit) {}

Detections OpenCandidates::add(const Instances& found, const torch::Tensor& kinds, int64_t first_row,
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

void OpenCandidates::drop_settled() {
  const int64_t next = first_open_ + open_.size();
  const int64_t first = std::min(suppression_.first_unsettled_index(), next);
  open_ = open_.select(torch::arange(first - first_open_, next - first_open_, torch::kInt64));
  first_open_ = first;
}

}  // namespace priorseg
