#include "priorseg/eval/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/eval/matching.h"

namespace priorseg {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : kUndefined;
}

double mean_at(const std::vector<double>& values, const std::vector<double>& thresholds) {
  double sum = 0;
  for (const double threshold : thresholds) sum += values[threshold_index(threshold)];
  return sum / static_cast<double>(thresholds.size());
}

void add_matches(Tally& tally, const LabelOverlaps& overlaps) {
  for (size_t i = 0; i < score_thresholds().size(); ++i) {
    for (const MatchedPair& pair : match_objects(overlaps, score_thresholds()[i])) {
      ++tally.true_positives[i];
      tally.matched_iou[i] += pair.iou;
    }
  }
  tally.drops = match_drops(overlaps);
  std::vector<bool> truth_overlaps(overlaps.num_truth(), false),
      predicted_overlaps(overlaps.num_predicted(), false);
  for (const auto& pair : overlaps.pairs)
    truth_overlaps[pair.truth] = predicted_overlaps[pair.predicted] = true;
  tally.overlapping_leftovers =
      std::min(std::count(truth_overlaps.begin(), truth_overlaps.end(), true),
               std::count(predicted_overlaps.begin(), predicted_overlaps.end(), true)) -
      std::ssize(tally.drops);
}

void add_seg(Tally& tally, const LabelOverlaps& overlaps) {
  for (const auto& pair : overlaps.pairs) {
    if (2 * pair.intersection > overlaps.truth_areas[pair.truth]) tally.seg_sum += overlaps.iou(pair);
  }
}

void add_dice(Tally& tally, const LabelOverlaps& overlaps) {
  std::vector<double> truth_best(overlaps.num_truth(), 0.0), predicted_best(overlaps.num_predicted(), 0.0);
  for (const auto& pair : overlaps.pairs) {
    const double dice =
        2.0 * static_cast<double>(pair.intersection) /
        static_cast<double>(overlaps.truth_areas[pair.truth] + overlaps.predicted_areas[pair.predicted]);
    truth_best[pair.truth] = std::max(truth_best[pair.truth], dice);
    predicted_best[pair.predicted] = std::max(predicted_best[pair.predicted], dice);
  }
  for (const double dice : truth_best) tally.truth_dice_sum += dice;
  for (const double dice : predicted_best) tally.predicted_dice_sum += dice;
}

void add_aji(Tally& tally, const LabelOverlaps& overlaps) {
  // A true object takes the prediction that covers most of it; a prediction may be taken more than once.
  std::vector<const LabelOverlaps::Pair*> best(overlaps.num_truth(), nullptr);
  for (const auto& pair : overlaps.pairs) {
    const auto*& chosen = best[pair.truth];
    if (!chosen || pair.intersection > chosen->intersection) chosen = &pair;
  }
  std::vector<bool> used(overlaps.num_predicted(), false);
  for (int64_t truth = 0; truth < overlaps.num_truth(); ++truth) {
    if (!best[truth]) {
      tally.aji_union += overlaps.truth_areas[truth];
      continue;
    }
    tally.aji_intersection += best[truth]->intersection;
    tally.aji_union += overlaps.union_area(*best[truth]);
    used[best[truth]->predicted] = true;
  }
  for (int64_t predicted = 0; predicted < overlaps.num_predicted(); ++predicted) {
    if (!used[predicted]) tally.aji_union += overlaps.predicted_areas[predicted];
  }
}

double ap_of(int64_t matched, const Tally& tally) {
  return ratio(static_cast<double>(matched),
               static_cast<double>(tally.num_truth + tally.num_predicted - matched));
}

/// Areas under AP(t), by straight lines between the points at which AP drops and by its steps.
void add_areas(Figures& figures, const Tally& tally) {
  std::vector<double> drops = tally.drops;
  std::sort(drops.begin(), drops.end());
  auto matched = std::ssize(drops);
  // The authors' implementation keeps one-to-one pairs that share no pixel, as if AP dropped at IoU 0 as
  // well. Only the last of these drops bears on the area.
  double last_ap = ap_of(matched + (tally.overlapping_leftovers > 0 ? 1 : 0), tally);
  double last_iou = 0;
  figures.sorted_ap = figures.ap_area = 0;
  for (const double iou : drops) {
    const double ap = ap_of(matched--, tally);
    figures.sorted_ap += (iou - last_iou) * (ap + last_ap) / 2;
    figures.ap_area += (iou - last_iou) * ap;
    last_iou = iou;
    last_ap = ap;
  }
  figures.sorted_ap += (1 - last_iou) * last_ap / 2;  // NaN where there are no objects at all
  if (tally.empty()) figures.ap_area = kUndefined;
}

double best_dice(const Tally& tally) {
  if (tally.empty()) return kUndefined;
  if (tally.num_truth == 0 || tally.num_predicted == 0) return 0;
  return std::min(tally.truth_dice_sum / static_cast<double>(tally.num_truth),
                  tally.predicted_dice_sum / static_cast<double>(tally.num_predicted));
}

Figures blank_figures() {
  Figures figures;
  const size_t count = score_thresholds().size();
  figures.ap.resize(count);
  figures.f1.resize(count);
  figures.pq.resize(count);
  return figures;
}

/// Every number of `figures`, in a fixed order.
std::vector<double*> values_of(Figures& figures) {
  std::vector<double*> values = {&figures.map_paper, &figures.map_dsb,   &figures.seg,    &figures.aji,
                                 &figures.sbd,       &figures.sorted_ap, &figures.ap_area};
  for (auto* list : {&figures.ap, &figures.f1, &figures.pq}) {
    for (double& value : *list) values.push_back(&value);
  }
  return values;
}

}  // namespace

const std::vector<double>& score_thresholds() {
  static const std::vector<double> thresholds = {0.3, 0.4,  0.5, 0.55, 0.6, 0.65,
                                                 0.7, 0.75, 0.8, 0.85, 0.9, 0.95};
  return thresholds;
}

const std::vector<double>& paper_thresholds() {
  static const std::vector<double> thresholds = {0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  return thresholds;
}

const std::vector<double>& dsb_thresholds() {
  static const std::vector<double> thresholds = {0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95};
  return thresholds;
}

size_t threshold_index(double threshold) {
  const auto& all = score_thresholds();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](double value) { return std::abs(value - threshold) < kIouTolerance; });
  if (found != all.end()) return static_cast<size_t>(found - all.begin());
  throw Error("objects are not counted at the IoU threshold " + std::to_string(threshold) +
              ", expected 0.3, 0.4 or 0.5, 0.55 ... 0.95");
}

Tally::Tally() : true_positives(score_thresholds().size(), 0), matched_iou(score_thresholds().size(), 0.0) {}

Tally& Tally::operator+=(const Tally& other) {
  num_truth += other.num_truth;
  num_predicted += other.num_predicted;
  for (size_t i = 0; i < true_positives.size(); ++i) {
    true_positives[i] += other.true_positives[i];
    matched_iou[i] += other.matched_iou[i];
  }
  overlapping_leftovers += other.overlapping_leftovers;
  drops.insert(drops.end(), other.drops.begin(), other.drops.end());
  seg_sum += other.seg_sum;
  aji_intersection += other.aji_intersection;
  aji_union += other.aji_union;
  truth_dice_sum += other.truth_dice_sum;
  predicted_dice_sum += other.predicted_dice_sum;
  return *this;
}

Tally tally_objects(const LabelOverlaps& overlaps) {
  Tally tally;
  tally.num_truth = overlaps.num_truth();
  tally.num_predicted = overlaps.num_predicted();
  add_matches(tally, overlaps);
  add_seg(tally, overlaps);
  add_aji(tally, overlaps);
  add_dice(tally, overlaps);
  return tally;
}

Tally tally_objects(const torch::Tensor& truth, const torch::Tensor& predicted) {
  return tally_objects(count_overlaps(truth, predicted));
}

Figures figures_of(const Tally& tally) {
  Figures figures = blank_figures();
  const auto objects = static_cast<double>(tally.num_truth + tally.num_predicted);
  for (size_t i = 0; i < score_thresholds().size(); ++i) {
    figures.ap[i] = ap_of(tally.true_positives[i], tally);
    figures.f1[i] = ratio(2 * static_cast<double>(tally.true_positives[i]), objects);
    figures.pq[i] = ratio(2 * tally.matched_iou[i], objects);
  }
  figures.map_paper = mean_at(figures.ap, paper_thresholds());
  figures.map_dsb = mean_at(figures.ap, dsb_thresholds());
  figures.seg = ratio(tally.seg_sum, static_cast<double>(tally.num_truth));
  figures.aji = ratio(static_cast<double>(tally.aji_intersection), static_cast<double>(tally.aji_union));
  figures.sbd = best_dice(tally);
  add_areas(figures, tally);
  return figures;
}

Figures average(const std::vector<Figures>& images) {
  Figures mean = blank_figures();
  const auto sums = values_of(mean);
  std::vector<int64_t> counts(sums.size(), 0);
  for (Figures image : images) {
    const auto values = values_of(image);
    for (size_t i = 0; i < sums.size(); ++i) {
      if (std::isnan(*values[i])) continue;
      *sums[i] += *values[i];
      ++counts[i];
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) *sums[i] = ratio(*sums[i], static_cast<double>(counts[i]));
  return mean;
}

}  // namespace priorseg
