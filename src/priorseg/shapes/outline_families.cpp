#include "priorseg/shapes/outline_families.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace priorseg {
namespace {

constexpr int kFamilyPoints = 96;
constexpr double kPi = std::numbers::pi;
constexpr double kMaxBend = 1.6;     // radians, over the whole length
constexpr double kMinRadius = 0.35;  // of a free outline, mean 1

double draw_ratio(const AxisRatios& ratios, Random& random) {
  return std::exp(random.uniform(std::log(ratios.min), std::log(ratios.max)));
}

// Wide objects bend less: their inner side would fold up.
void bend_every_second(Outline& outline, double ratio, Random& random) {
  const double angle = random.uniform(-1, 1) * kMaxBend * std::min(1.0, 0.5 * ratio);
  if (random.chance(0.5)) bend(outline, angle);
}

void turn_randomly(Outline& outline, Random& random) { rotate(outline, random.uniform(0, 2 * kPi)); }

}  // namespace

Outline draw_ellipse_outline(const AxisRatios& ratios, Random& random) {
  const double ratio = draw_ratio(ratios, random);
  Outline outline;
  for (int i = 0; i < kFamilyPoints; ++i) {
    const double phi = 2 * kPi * i / kFamilyPoints;
    outline.push_back({0.5 * std::cos(phi), 0.5 * std::sin(phi) / ratio});
  }
  turn_randomly(outline, random);
  return outline;
}

Outline draw_rod_outline(const AxisRatios& ratios, Random& random) {
  const double ratio = draw_ratio(ratios, random);
  const double radius = 0.5 / ratio;
  const double reach = 0.5 - radius;  // of the caps' centres
  Outline outline;
  for (int i = 0; i <= kFamilyPoints / 2; ++i) {
    const double phi = kPi * (static_cast<double>(i) / (kFamilyPoints / 2) - 0.5);
    outline.push_back({reach + radius * std::cos(phi), radius * std::sin(phi)});
  }
  for (int i = 0; i <= kFamilyPoints / 2; ++i) {
    const double phi = kPi * (static_cast<double>(i) / (kFamilyPoints / 2) + 0.5);
    outline.push_back({-reach + radius * std::cos(phi), radius * std::sin(phi)});
  }
  // Equal distances put points on the straight sides too, so that bending curves them.
  outline = resample(outline, kFamilyPoints);
  bend_every_second(outline, ratio, random);
  turn_randomly(outline, random);
  return outline;
}

Outline draw_spindle_outline(const AxisRatios& ratios, Random& random) {
  const double ratio = draw_ratio(ratios, random);
  const double sharpness = random.uniform(1.0, 2.2);  // 1: a lens; above: hollow flanks
  const auto half_width = [&](double x) {
    return 0.5 / ratio * std::pow(std::max(0.0, 1 - 4 * x * x), sharpness);
  };
  Outline outline;
  const int half = kFamilyPoints / 2;
  for (int i = 0; i < half; ++i) {
    const double x = -0.5 + static_cast<double>(i) / half;
    outline.push_back({x, -half_width(x)});
  }
  for (int i = 0; i < half; ++i) {
    const double x = 0.5 - static_cast<double>(i) / half;
    outline.push_back({x, half_width(x)});
  }
  bend_every_second(outline, ratio, random);
  turn_randomly(outline, random);
  return outline;
}

Outline draw_contour_outline(const AxisRatios& ratios, Random& random) {
  const double ratio = draw_ratio(ratios, random);
  std::vector<double> radii(kFamilyPoints, 1.0);
  for (int order = 2; order <= 5; ++order) {
    const double amplitude = std::abs(random.normal(0, 0.4 / std::pow(order, 1.3)));
    const double phase = random.uniform(0, 2 * kPi);
    for (int i = 0; i < kFamilyPoints; ++i)
      radii[i] += amplitude * std::cos(order * 2 * kPi * i / kFamilyPoints + phase);
  }
  // A radius that stays positive cannot cross itself: weaken the series where it would go too far in.
  const double deepest = *std::min_element(radii.begin(), radii.end());
  const double weaken = deepest < kMinRadius ? (1 - kMinRadius) / (1 - deepest) : 1;
  Outline outline;
  for (int i = 0; i < kFamilyPoints; ++i) {
    const double phi = 2 * kPi * i / kFamilyPoints;
    const double radius = 0.5 * (1 + weaken * (radii[i] - 1));
    outline.push_back({radius * std::cos(phi), radius * std::sin(phi)});
  }
  turn_randomly(outline, random);  // the stretch has no relation to the series
  for (Point& point : outline) point.y /= ratio;
  Outline bent = outline;
  bend_every_second(bent, ratio, random);
  if (is_simple(bent)) outline = std::move(bent);
  turn_randomly(outline, random);
  return outline;
}

Outline draw_outline(const FamilyFrequencies& frequencies, const AxisRatios& ratios, Random& random) {
  const FamilyFrequencies& f = frequencies;
  double choice = random.uniform(0, f.ellipses + f.rods + f.spindles + f.contours);
  if ((choice -= f.ellipses) < 0) return draw_ellipse_outline(ratios, random);
  if ((choice -= f.rods) < 0) return draw_rod_outline(ratios, random);
  if ((choice -= f.spindles) < 0) return draw_spindle_outline(ratios, random);
  return draw_contour_outline(ratios, random);
}

}  // namespace priorseg
