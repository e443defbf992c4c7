#include "priorseg/shapes/outline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace priorseg {
namespace {

constexpr int kWaves = 6;              // plane waves of one displacement field
constexpr double kMinFrequency = 0.3;  // waves per diameter of the object
constexpr double kMaxFrequency = 0.8;

double cross(const Point& origin, const Point& a, const Point& b) {
  return (a.x - origin.x) * (b.y - origin.y) - (a.y - origin.y) * (b.x - origin.x);
}

bool sides_cross(const Point& a, const Point& b, const Point& c, const Point& d) {
  if (std::max(a.x, b.x) < std::min(c.x, d.x) || std::max(c.x, d.x) < std::min(a.x, b.x)) return false;
  if (std::max(a.y, b.y) < std::min(c.y, d.y) || std::max(c.y, d.y) < std::min(a.y, b.y)) return false;
  return cross(a, b, c) * cross(a, b, d) < 0 && cross(c, d, a) * cross(c, d, b) < 0;
}

struct Wave {
  double frequency_x, frequency_y, phase_x, phase_y;
};

Outline displaced(const Outline& outline, const std::array<Wave, kWaves>& waves, double amplitude) {
  // A cosine of random phase has variance 1/2.
  const double weight = amplitude * std::sqrt(2.0 / kWaves);
  Outline result = outline;
  for (size_t i = 0; i < outline.size(); ++i) {
    for (const Wave& wave : waves) {
      const double phase = wave.frequency_x * outline[i].x + wave.frequency_y * outline[i].y;
      result[i].x += weight * std::cos(phase + wave.phase_x);
      result[i].y += weight * std::cos(phase + wave.phase_y);
    }
  }
  return result;
}

// Coverage is the running sum along a row of what the sides deposit: a side of signed height `rise` at column
// x adds `rise` to every pixel right of it and the share right of it to the pixel it passes through.
void deposit(float* row, int64_t width, double from_x, double to_x, double rise) {
  const double left = std::min(from_x, to_x);
  const double right = std::max(from_x, to_x);
  if (right <= 0) {
    row[0] += static_cast<float>(rise);
    return;
  }
  double x = left;
  do {
    const double column = std::floor(x);
    const double next = std::min(column + 1, right);
    const double share = right > left ? rise * (next - x) / (right - left) : rise;
    const double inside = 0.5 * (x + next) - column;
    if (column < 0) {
      row[0] += static_cast<float>(share);
    } else if (column < static_cast<double>(width)) {
      const auto index = static_cast<int64_t>(column);
      row[index] += static_cast<float>(share * (1 - inside));
      if (index + 1 < width) row[index + 1] += static_cast<float>(share * inside);
    }
    x = next;
  } while (x < right && x < static_cast<double>(width));
}

void deposit_side(float* rows, int64_t height, int64_t width, Point from, Point to) {
  if (from.y == to.y) return;
  const double sign = from.y < to.y ? 1 : -1;
  if (sign < 0) std::swap(from, to);
  const double slope = (to.x - from.x) / (to.y - from.y);
  const double top = std::max(from.y, 0.0);
  const double bottom = std::min(to.y, static_cast<double>(height));
  for (auto row = static_cast<int64_t>(std::floor(top)); static_cast<double>(row) < bottom; ++row) {
    const double y0 = std::max(top, static_cast<double>(row));
    const double y1 = std::min(bottom, static_cast<double>(row + 1));
    if (y1 <= y0) continue;
    deposit(rows + row * width, width, from.x + (y0 - from.y) * slope, from.x + (y1 - from.y) * slope,
            sign * (y1 - y0));
  }
}

}  // namespace

Bounds bounds_of(const Outline& outline) {
  Bounds bounds{outline.front().x, outline.front().y, outline.front().x, outline.front().y};
  for (const Point& point : outline) {
    bounds.x0 = std::min(bounds.x0, point.x);
    bounds.y0 = std::min(bounds.y0, point.y);
    bounds.x1 = std::max(bounds.x1, point.x);
    bounds.y1 = std::max(bounds.y1, point.y);
  }
  return bounds;
}

double area_of(const Outline& outline) {
  double twice = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    const Point& a = outline[i];
    const Point& b = outline[(i + 1) % outline.size()];
    twice += a.x * b.y - a.y * b.x;
  }
  return 0.5 * std::abs(twice);
}

bool is_simple(const Outline& outline) {
  const size_t count = outline.size();
  for (size_t i = 0; i < count; ++i) {
    // Neighbouring sides share a point and cannot cross.
    for (size_t j = i + 2; j < count; ++j) {
      if (i == 0 && j == count - 1) continue;
      if (sides_cross(outline[i], outline[i + 1], outline[j], outline[(j + 1) % count])) return false;
    }
  }
  return true;
}

void rotate(Outline& outline, double angle) {
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  for (Point& point : outline) {
    point = {cosine * point.x - sine * point.y, sine * point.x + cosine * point.y};
  }
}

void bend(Outline& outline, double angle) {
  const Bounds bounds = bounds_of(outline);
  if (std::abs(angle) < 1e-6 || bounds.width() <= 0) return;
  const double radius = bounds.width() / angle;
  const double middle = 0.5 * (bounds.x0 + bounds.x1);
  for (Point& point : outline) {
    const double turn = (point.x - middle) / radius;
    point = {(radius - point.y) * std::sin(turn), radius - (radius - point.y) * std::cos(turn)};
  }
}

void deform(Outline& outline, double amplitude, Random& random) {
  if (amplitude <= 0) return;
  const double diameter = 2 * std::sqrt(area_of(outline) / std::numbers::pi);
  if (diameter <= 0) return;
  std::array<Wave, kWaves> waves;
  for (Wave& wave : waves) {
    const double direction = random.uniform(0, 2 * std::numbers::pi);
    const double frequency = 2 * std::numbers::pi * random.uniform(kMinFrequency, kMaxFrequency) / diameter;
    wave = {frequency * std::cos(direction), frequency * std::sin(direction),
            random.uniform(0, 2 * std::numbers::pi), random.uniform(0, 2 * std::numbers::pi)};
  }
  // The field's slope falls with its amplitude, so a few halvings always end in a field that does not fold.
  for (double strength = amplitude * diameter; strength > 1e-3 * diameter; strength *= 0.5) {
    Outline candidate = displaced(outline, waves, strength);
    if (is_simple(candidate)) {
      outline = std::move(candidate);
      return;
    }
  }
}

void fit_to(Outline& outline, const Bounds& target) {
  const Bounds bounds = bounds_of(outline);
  const double scale_x = bounds.width() > 0 ? target.width() / bounds.width() : 1;
  const double scale_y = bounds.height() > 0 ? target.height() / bounds.height() : 1;
  for (Point& point : outline) {
    point = {target.x0 + (point.x - bounds.x0) * scale_x, target.y0 + (point.y - bounds.y0) * scale_y};
  }
}

Outline resample(const Outline& outline, int64_t count) {
  const size_t sides = outline.size();
  std::vector<double> travelled(sides + 1, 0.0);
  for (size_t i = 0; i < sides; ++i) {
    const Point& a = outline[i];
    const Point& b = outline[(i + 1) % sides];
    travelled[i + 1] = travelled[i] + std::hypot(b.x - a.x, b.y - a.y);
  }
  Outline result;
  result.reserve(static_cast<size_t>(count));
  size_t side = 0;
  for (int64_t k = 0; k < count; ++k) {
    const double wanted = travelled.back() * static_cast<double>(k) / static_cast<double>(count);
    while (side + 1 < sides && travelled[side + 1] <= wanted) ++side;
    const double length = travelled[side + 1] - travelled[side];
    const double share = length > 0 ? (wanted - travelled[side]) / length : 0;
    const Point& a = outline[side];
    const Point& b = outline[(side + 1) % sides];
    result.push_back({a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)});
  }
  return result;
}

torch::Tensor coverage(const Outline& outline, int64_t height, int64_t width) {
  torch::Tensor result = torch::zeros({height, width}, torch::kFloat32);
  if (height == 0 || width == 0) return result;
  float* rows = result.data_ptr<float>();
  for (size_t i = 0; i < outline.size(); ++i) {
    deposit_side(rows, height, width, outline[i], outline[(i + 1) % outline.size()]);
  }
  for (int64_t y = 0; y < height; ++y) {
    float sum = 0;
    for (float* pixel = rows + y * width; pixel != rows + (y + 1) * width; ++pixel) {
      sum += *pixel;
      *pixel = std::min(1.0f, std::abs(sum));  // the sign tells the direction of the walk
      if (*pixel < 1e-6f) *pixel = 0;          // rounding
    }
  }
  return result;
}

}  // namespace priorseg
