#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace priorseg {

/// A system of a comparison: what is trained, from what, for how long.
struct PlannedSystem {
  std::string name;            ///< of its folder and its row, e.g. "mrcnn-scratch-one"
  bool is_baseline = false;    ///< Mask R-CNN, learned from annotated images
  std::string preset;          ///< of a label-free system: "paper" or "default"
  bool learns_shapes = false;  ///< label-free: shapes from the one annotated image instead of synthetic ones
  bool is_finetuned = false;   ///< baseline: from given weights, heads only
  int64_t annotated = 0;       ///< baseline: annotated images that it learns from; label-free: 0 or 1
  int64_t steps = 0;           ///< of the training; 0 = as its settings say
};

/// How long each kind of system is trained.
struct TrainingBudgets {
  int64_t ours = 0;     ///< steps of label-free systems, 0 = as their presets say
  int64_t full = 1500;  ///< steps of Mask R-CNN on two annotated images or more
  int64_t one = 600;    ///< steps of Mask R-CNN on one
};

/// The paper's six systems, then the label-free ones with this project's default settings.
const std::vector<std::string>& experiment_systems();

/// @param list      "all", or names of experiment_systems() with commas between them.
/// @param num_full  annotated images that there are to learn from, >= 1.
/// @return          in the order of experiment_systems().
/// @throws Error on a name that is not known or an empty list.
std::vector<PlannedSystem> plan_systems(const std::string& list, int64_t num_full,
                                        const TrainingBudgets& budgets);

/// One Mask R-CNN for each number of annotated images, ascending. Numbers above `num_full` become one system
/// with all of them. The one with one image, and the one with all, are systems of experiment_systems().
///
/// @param list          numbers with commas between them, e.g. "1,2,5"; empty = none.
/// @param is_finetuned  from given weights instead of random ones.
/// @throws Error on anything that is not a number from 1 on.
std::vector<PlannedSystem> plan_budget(const std::string& list, bool is_finetuned, int64_t num_full,
                                       const TrainingBudgets& budgets);

/// Both lists without doubles, the first one first.
std::vector<PlannedSystem> joined_plan(std::vector<PlannedSystem> systems,
                                       const std::vector<PlannedSystem>& budget);

}  // namespace priorseg
