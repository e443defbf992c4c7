#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/eval/overlaps.h"

namespace priorseg {

/// The IoU thresholds at which objects are counted, ascending: 0.3, 0.4, 0.5, 0.55, 0.6 ... 0.9, 0.95.
const std::vector<double>& score_thresholds();

/// 0.3, 0.4 ... 0.9: the thresholds of the paper's mAP. All are among score_thresholds().
const std::vector<double>& paper_thresholds();

/// 0.5, 0.55 ... 0.95: the thresholds of the Data Science Bowl 2018. All are among score_thresholds().
const std::vector<double>& dsb_thresholds();

/// Position of `threshold` in score_thresholds().
/// @throws Error where it is not among them.
size_t threshold_index(double threshold);

/// Everything counted in one image, or summed over many: sums only, so that images can be pooled by +=.
struct Tally {
  int64_t num_truth = 0;                ///< true objects
  int64_t num_predicted = 0;            ///< predicted objects
  std::vector<int64_t> true_positives;  ///< matched pairs, one per score_thresholds()
  std::vector<double> matched_iou;      ///< sum of their IoU, one per score_thresholds()
  std::vector<double> drops;            ///< match_drops(), in any order
  int64_t overlapping_leftovers =
      0;               ///< pairs that objects which overlap something, but have no partner, could form
  double seg_sum = 0;  ///< SEG's contributions of all true objects
  int64_t aji_intersection = 0;   ///< px
  int64_t aji_union = 0;          ///< px
  double truth_dice_sum = 0;      ///< each true object's best Dice with a prediction
  double predicted_dice_sum = 0;  ///< each prediction's best Dice with a true object

  Tally();
  int64_t false_positives(size_t threshold) const { return num_predicted - true_positives[threshold]; }
  int64_t false_negatives(size_t threshold) const { return num_truth - true_positives[threshold]; }
  bool empty() const { return num_truth == 0 && num_predicted == 0; }
  Tally& operator+=(const Tally& other);
};

/// The figures of one image or of pooled images, each in [0,1]. Where a figure is not defined it is NaN: all
/// of them with neither true nor predicted objects, SEG without true objects. docs/user/metrics.md has the
/// definitions.
struct Figures {
  std::vector<double> ap;  ///< TP / (TP + FP + FN), one per score_thresholds()
  std::vector<double> f1;  ///< 2 TP / (2 TP + FP + FN), one per score_thresholds()
  std::vector<double> pq;  ///< sum of IoU over TP / (TP + FP/2 + FN/2), one per score_thresholds()
  double map_paper = 0;    ///< mean of AP over paper_thresholds()
  double map_dsb = 0;      ///< mean of AP over dsb_thresholds()
  double seg = 0;          ///< Cell Tracking Challenge
  double aji = 0;          ///< aggregated Jaccard index (Kumar et al. 2017)
  double sbd = 0;          ///< symmetric best Dice
  double sorted_ap = 0;    ///< L. Chen et al. 2023, as their implementation draws the curve
  double ap_area = 0;      ///< exact area under the steps of AP(t), t in (0,1]
};

/// Counts one image.
Tally tally_objects(const LabelOverlaps& overlaps);

/// The same from label maps; arguments and errors as count_overlaps.
Tally tally_objects(const torch::Tensor& truth, const torch::Tensor& predicted);

/// The figures of a tally.
Figures figures_of(const Tally& tally);

/// Mean of each figure over images. An image for which a figure is NaN does not count for that figure; NaN
/// where no image counts.
Figures average(const std::vector<Figures>& images);

}  // namespace priorseg
