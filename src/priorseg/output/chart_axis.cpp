#include "priorseg/output/chart_axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

/// Enough digits to tell neighbouring ticks apart, no more.
std::string tick_text(double value, double step) {
  const double magnitude = std::abs(value);
  if (magnitude < step * 1e-6) return "0";
  const int step_exponent = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (magnitude < 1e7 && step_exponent >= -5) return fixed_number(value, std::max(0, -step_exponent));
  const int exponent = static_cast<int>(std::floor(std::log10(magnitude) + 1e-9));
  return fixed_number(value / std::pow(10.0, exponent), std::clamp(exponent - step_exponent, 0, 15)) + "e" +
         std::to_string(exponent);
}

/// 1, 2, 5 (or only 1) times powers of ten, from the last one <= low to the first one >= high.
std::vector<double> log_ticks(double low, double high, bool only_decades) {
  const int first = static_cast<int>(std::floor(std::log10(low))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(high))) + 1;
  std::vector<double> candidates;
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double mantissa : {1.0, 2.0, 5.0}) {
      if (!only_decades || mantissa == 1.0) candidates.push_back(mantissa * std::pow(10.0, exponent));
    }
  }
  constexpr double kTolerance = 1e-9;  // a value that is a tick but for rounding
  std::vector<double> ticks;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const bool all_below = i + 1 < candidates.size() && candidates[i + 1] <= low * (1 + kTolerance);
    const bool all_above = i > 0 && candidates[i - 1] >= high * (1 - kTolerance);
    if (!all_below && !all_above) ticks.push_back(candidates[i]);
  }
  return ticks;
}

}  // namespace

double ChartAxis::position(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
}

double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double mantissa : {1.0, 2.0, 5.0}) {
    if (mantissa * power >= step * (1 - 1e-9)) return mantissa * power;
  }
  return 10 * power;
}

ChartAxis linear_axis(double low, double high, int about, bool extend, double min_step) {
  const double magnitude = std::max(std::abs(low), std::abs(high));
  constexpr double kVanishing = 1e-280;  // below it, steps between ticks would underflow
  if (high - low <= std::max(magnitude * 1e-9, kVanishing)) {  // constant, but for rounding
    const double half = std::max(magnitude > kVanishing ? magnitude * 0.1 : 1.0, min_step);
    low -= half;
    high += half;
  }
  const double step = std::max(round_step((high - low) / about), min_step);
  ChartAxis axis;
  auto first = static_cast<int64_t>(std::ceil(low / step - 1e-9));
  auto last = static_cast<int64_t>(std::floor(high / step + 1e-9));
  if (extend) {
    first = static_cast<int64_t>(std::floor(low / step + 1e-9));
    last = static_cast<int64_t>(std::ceil(high / step - 1e-9));
  }
  axis.low = extend ? static_cast<double>(first) * step : low;
  axis.high = extend ? static_cast<double>(last) * step : high;
  for (int64_t i = first; i <= last; ++i) {
    axis.ticks.push_back(static_cast<double>(i) * step);
    axis.tick_labels.push_back(tick_text(axis.ticks.back(), step));
  }
  return axis;
}

ChartAxis log_axis(double low, double high) {
  ChartAxis axis;
  if (high / low < 3) {  // round numbers of the logarithm would leave the axis nearly empty
    axis = linear_axis(low, high, 5, true);
    if (axis.low <= 0) axis = linear_axis(low, high, 5, false);
    axis.logarithmic = true;
    return axis;
  }
  axis.logarithmic = true;
  axis.ticks = log_ticks(low, high, std::log10(high / low) > 2.5);
  axis.low = axis.ticks.front();
  axis.high = axis.ticks.back();
  const size_t stride = (axis.ticks.size() + 7) / 8;
  std::vector<double> labelled;
  for (size_t i = 0; i < axis.ticks.size(); i += stride) labelled.push_back(axis.ticks[i]);
  axis.ticks = std::move(labelled);
  for (const double tick : axis.ticks) {
    const bool plain = tick >= 0.99e-3 && tick < 1.01e5;
    const int exponent = static_cast<int>(std::floor(std::log10(tick) + 1e-9));
    axis.tick_labels.push_back(plain ? short_number(tick)
                                     : fixed_number(tick / std::pow(10.0, exponent), 0) + "e" +
                                           std::to_string(exponent));
  }
  return axis;
}

}  // namespace priorseg
