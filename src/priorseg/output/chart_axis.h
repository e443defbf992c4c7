#pragma once

#include <string>
#include <vector>

namespace priorseg {

/// The scale of one side of a chart: its range, and where ticks with round numbers stand.
struct ChartAxis {
  double low = 0;
  double high = 1;  ///< > low
  bool logarithmic = false;
  std::vector<double> ticks;             ///< within [low, high], rising
  std::vector<std::string> tick_labels;  ///< one a tick

  /// Where a value stands: 0 at `low`, 1 at `high`.
  double position(double value) const;
};

/// The smallest of 1, 2, 5 times a power of ten that is >= `step` (> 0).
double round_step(double step);

/// A linear axis over [low, high], both finite. A range without extent is widened to both sides.
///
/// @param about     how many tick intervals are wanted; the axis has about so many.
/// @param extend    widen the range to the next ticks, so that the axis begins and ends at a round number.
/// @param min_step  ticks are never closer than this, e.g. 1 for counts; 0 for no limit.
ChartAxis linear_axis(double low, double high, int about, bool extend, double min_step = 0);

/// A logarithmic axis over [low, high], 0 < low <= high, widened to the next ticks.
ChartAxis log_axis(double low, double high);

}  // namespace priorseg
