#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/output/loss_log.h"

namespace priorseg {

/// One system of a comparison, measured or taken from a publication.
struct ComparedSystem {
  std::string name;
  std::string note;        ///< one sentence: what it learned from and what it started from
  std::vector<double> ap;  ///< one a threshold of the comparison, mean over the test images
  double map = std::numeric_limits<double>::quiet_NaN();  ///< mean of these
  double pooled_map =
      std::numeric_limits<double>::quiet_NaN();          ///< the same of pooled counts; NaN = not known
  double f1 = std::numeric_limits<double>::quiet_NaN();  ///< pooled F1 at IoU 0.5; NaN = not known
  int64_t annotated = 0;                                 ///< annotated images that it learned from
  int64_t steps = 0;                                     ///< of the training; 0 = not known
  double training_seconds = std::numeric_limits<double>::quiet_NaN();
  uint64_t seed = 0;
  LossTable losses;  ///< of its training; empty = none
};

/// Several systems on the same test images.
struct Comparison {
  std::string title;
  std::vector<std::string> facts;         ///< sentences about data, split and settings
  std::vector<double> thresholds;         ///< IoU
  std::vector<ComparedSystem> systems;    ///< rows of the table, in order
  std::vector<ComparedSystem> published;  ///< rows from a publication, for comparison
  std::string published_source;           ///< what these are, one sentence
  std::vector<std::string> budget;  ///< names of systems that differ in their number of annotated images
  std::vector<std::string> lines;   ///< names of systems that the budget is compared with
  std::string panels_png;           ///< PNG bytes of a panel_sheet; empty = none
  std::string panels_note;          ///< what it shows
  std::string version, command_line, date;
};

/// AP over the IoU threshold, one line a system (SVG). Those of the budget alone are left out.
std::string ap_chart(const Comparison& comparison);

/// mAP over the number of annotated images, with the label-free systems as level lines (SVG).
std::string budget_chart(const Comparison& comparison);

/// Title and learning curve (SVG) of each system that has one.
std::vector<std::pair<std::string, std::string>> learning_charts(const Comparison& comparison);

/// One line a system: name, annotated images, steps, seed, times, AP at each threshold, means. Unknown =
/// empty.
std::string comparison_csv(const Comparison& comparison);

/// The whole comparison as Markdown. Pictures are files beside it: ap.svg, budget.svg, panels.png and
/// learning/<system>.svg.
std::string comparison_markdown(const Comparison& comparison);

/// The same as one HTML page that needs nothing else.
std::string comparison_html(const Comparison& comparison);

}  // namespace priorseg
