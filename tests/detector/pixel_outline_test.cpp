#include "priorseg/detector/pixel_outline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "priorseg/core/random.h"

namespace priorseg {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

using OfPlace = std::function<double(int64_t y, int64_t x)>;
using IsThere = std::function<bool(int64_t y, int64_t x)>;

OutlineWindow window_of(
    int64_t height, int64_t width, const OfPlace& grey, const IsThere& object,
    const IsThere& neighbour = [](int64_t, int64_t) { return false; }) {
  OutlineWindow window{height, width, {}, {}, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      window.grey.push_back(static_cast<float>(grey(y, x)));
      window.is_object.push_back(object(y, x));
      window.is_neighbour.push_back(!object(y, x) && neighbour(y, x));
    }
  return window;
}

IsThere within(double y0, double x0, double radius) {
  return [=](int64_t y, int64_t x) {
    return std::hypot(static_cast<double>(y) - y0, static_cast<double>(x) - x0) <= radius;
  };
}

/// 10 around, 50 inside.
OfPlace bright(const IsThere& object) {
  return [=](int64_t y, int64_t x) { return object(y, x) ? 50.0 : 10.0; };
}

int64_t differences(const std::vector<uint8_t>& bits, const OutlineWindow& window, const IsThere& truth) {
  int64_t count = 0;
  for (int64_t y = 0; y < window.height; ++y)
    for (int64_t x = 0; x < window.width; ++x)
      count += (bits[static_cast<size_t>(y * window.width + x)] != 0) != truth(y, x);
  return count;
}

// A second, slow form: every sum and distance from its definition.

double plain_grey(const OutlineWindow& w, int64_t y, int64_t x) {
  const double weights[] = {0.01, 0.207, 0.566, 0.207, 0.01};
  double sum = 0, weight = 0;
  for (int64_t v = std::max<int64_t>(0, y - 2); v <= std::min(w.height - 1, y + 2); ++v)
    for (int64_t u = std::max<int64_t>(0, x - 2); u <= std::min(w.width - 1, x + 2); ++u) {
      const float grey = w.grey[static_cast<size_t>(v * w.width + u)];
      if (std::isnan(grey)) continue;
      sum += weights[v - y + 2] * weights[u - x + 2] * grey;
      weight += weights[v - y + 2] * weights[u - x + 2];
    }
  return sum / weight;
}

/// px; over steps of 1 to the sides and 1.4 to the corners.
double plain_distance(const OutlineWindow& w, int64_t y, int64_t x, const std::vector<uint8_t>& map,
                      uint8_t value) {
  double least = 1e9;
  for (int64_t v = 0; v < w.height; ++v)
    for (int64_t u = 0; u < w.width; ++u) {
      if (map[static_cast<size_t>(v * w.width + u)] != value) continue;
      const auto down = std::abs(v - y), across = std::abs(u - x);
      least = std::min(least, static_cast<double>(std::max(down, across)) +
                                  0.4 * static_cast<double>(std::min(down, across)));
    }
  return least;
}

double plain_quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

/// Everything that hangs together with pixel `i` of the set.
std::vector<uint8_t> plain_part(const OutlineWindow& w, const std::vector<uint8_t>& set, size_t i) {
  std::vector<uint8_t> part(set.size());
  part[i] = 1;
  for (bool grows = true; grows;) {
    grows = false;
    for (int64_t y = 0; y < w.height; ++y)
      for (int64_t x = 0; x < w.width; ++x) {
        const auto at = [&](int64_t v, int64_t u) {
          return v >= 0 && v < w.height && u >= 0 && u < w.width &&
                 part[static_cast<size_t>(v * w.width + u)];
        };
        auto& here = part[static_cast<size_t>(y * w.width + x)];
        if (here || !set[static_cast<size_t>(y * w.width + x)]) continue;
        if (at(y - 1, x) || at(y + 1, x) || at(y, x - 1) || at(y, x + 1)) here = 1, grows = true;
      }
  }
  return part;
}

std::vector<uint8_t> plain_outline(const OutlineWindow& w, double level) {
  const auto area = std::count(w.is_object.begin(), w.is_object.end(), 1);
  const double radius = std::min(40.0, std::sqrt(static_cast<double>(area) / M_PI));
  const double ring = std::clamp(radius / 2, 4.0, 16.0);
  std::vector<double> around, inside, out(w.grey.size()), grey(w.grey.size());
  std::vector<uint8_t> may(w.grey.size()), set(w.grey.size());
  for (size_t i = 0; i < w.grey.size(); ++i) {
    const int64_t y = static_cast<int64_t>(i) / w.width, x = static_cast<int64_t>(i) % w.width;
    grey[i] = std::isnan(w.grey[i]) ? 0 : plain_grey(w, y, x);
    out[i] = w.is_object[i] ? 0.5 - plain_distance(w, y, x, w.is_object, 0)
                            : plain_distance(w, y, x, w.is_object, 1) - 0.5;
    may[i] = w.is_object[i] || (!w.is_neighbour[i] && !std::isnan(w.grey[i]) &&
                                out[i] + 0.5 < plain_distance(w, y, x, w.is_neighbour, 1) - 1e-9);
    if (std::isnan(w.grey[i])) continue;
    if (w.is_object[i]) inside.push_back(grey[i]);
    if (!w.is_object[i] && !w.is_neighbour[i] && out[i] + 0.5 >= 2 && out[i] + 0.5 <= 2 + ring)
      around.push_back(grey[i]);
  }
  if (around.size() < 10 || inside.empty()) return w.is_object;
  const double low = plain_quantile(around, 0.3), high = plain_quantile(inside, 0.5);
  if (high <= low) return w.is_object;
  for (size_t i = 0; i < set.size(); ++i) {
    const double height = std::clamp((grey[i] - low) / (high - low), 0.0, 1.0);
    set[i] = std::isnan(w.grey[i]) ? w.is_object[i] : may[i] && height - 1.5 * out[i] / radius >= level;
  }
  std::vector<uint8_t> best(set.size()), around_best(set.size()), open(set.size());
  int64_t most = 0, of_object = 0;
  for (size_t i = 0; i < set.size(); ++i) {
    if (!set[i] || !w.is_object[i]) continue;
    const auto part = plain_part(w, set, i);
    int64_t shared = 0;
    for (size_t k = 0; k < set.size(); ++k) shared += part[k] && w.is_object[k];
    if (shared > most) most = shared, best = part;
  }
  for (size_t i = 0; i < set.size(); ++i) around_best[i] = !best[i];
  for (size_t i = 0; i < set.size(); ++i) {
    of_object += w.is_object[i];
    const int64_t y = static_cast<int64_t>(i) / w.width, x = static_cast<int64_t>(i) % w.width;
    if (!around_best[i] || open[i] || (y > 0 && y + 1 < w.height && x > 0 && x + 1 < w.width)) continue;
    const auto part = plain_part(w, around_best, i);
    for (size_t k = 0; k < set.size(); ++k) open[k] |= part[k];
  }
  for (size_t i = 0; i < set.size(); ++i) best[i] |= !open[i] && may[i];
  return 2 * most < of_object ? w.is_object : best;
}

TEST(PixelOutline, IsThatOfAPlainLoop) {
  Random random(1);
  for (int trial = 0; trial < 30; ++trial) {
    const int64_t height = random.integer(9, 30), width = random.integer(9, 34);
    const auto place = [&](int64_t side) { return random.uniform(0, static_cast<double>(side)); };
    const auto object = within(place(height), place(width), random.uniform(1, 9)),
               other = within(place(height), place(width), random.uniform(1, 9));
    const double noise = random.uniform(0, 30), unknown = trial % 3 == 0 ? 0.05 : 0;
    auto window = window_of(
        height, width,
        [&](int64_t y, int64_t x) {
          if (random.uniform(0, 1) < unknown) return static_cast<double>(kUnknown);
          return (object(y, x) || other(y, x) ? 50 : 10) + random.uniform(-noise, noise);
        },
        within(place(height), place(width), random.uniform(2, 9)), other);
    if (std::count(window.is_object.begin(), window.is_object.end(), 1) == 0) window.is_object[0] = 1;
    const double level = random.uniform(0.1, 0.7);
    EXPECT_EQ(outline_by_pixels(window, level), plain_outline(window, level)) << trial;
  }
}

TEST(PixelOutline, GoesToTheEdgeOfTheImage) {
  const auto truth = within(20, 21, 9);
  for (const double radius : {7.5, 10.5}) {
    const auto given = within(20.3, 20.5, radius);
    const auto window = window_of(41, 42, bright(truth), given);
    const auto before = differences(window.is_object, window, truth);
    EXPECT_GT(before, 60);
    EXPECT_LT(differences(outline_by_pixels(window, 0.4), window, truth), before / 2);
  }
}

TEST(PixelOutline, IsTighterAtAHigherLevelWhereTheEdgeIsBlurred) {
  const auto blurred = [](int64_t y, int64_t x) {
    return 10 + 40 / (1 + std::exp(std::hypot(static_cast<double>(y - 20), static_cast<double>(x - 20)) - 9));
  };
  const auto window = window_of(41, 41, blurred, within(20, 20, 9));
  const auto area = [&](double level) {
    const auto bits = outline_by_pixels(window, level);
    return std::count(bits.begin(), bits.end(), 1);
  };
  EXPECT_GT(area(0.2), area(0.4));
  EXPECT_GT(area(0.4), area(0.7));
}

TEST(PixelOutline, StaysWhereThePixelsSayNothing) {
  const auto given = within(15, 15, 6);
  const auto flat = window_of(
      31, 31, [](int64_t, int64_t) { return 7.0; }, given);
  EXPECT_EQ(outline_by_pixels(flat, 0.4), flat.is_object);
  const auto dark = window_of(
      31, 31, [&](int64_t y, int64_t x) { return given(y, x) ? 1.0 : 9.0; }, given);
  EXPECT_EQ(outline_by_pixels(dark, 0.4), dark.is_object);
  const auto unknown = window_of(
      31, 31, [](int64_t, int64_t) { return kUnknown; }, given);
  EXPECT_EQ(outline_by_pixels(unknown, 0.4), unknown.is_object);
  const auto crowded = window_of(31, 31, bright(given), given, within(15, 15, 100));
  EXPECT_EQ(outline_by_pixels(crowded, 0.4), crowded.is_object);
}

TEST(PixelOutline, StaysWhereLessThanHalfOfTheObjectWouldBeLeft) {
  // A thin object in three pieces.
  const auto given = [](int64_t y, int64_t x) { return y >= 14 && y <= 16 && x >= 5 && x < 35; };
  const auto grey = [&](int64_t y, int64_t x) { return given(y, x) && x % 11 > 3 ? 50.0 : 10.0; };
  const auto window = window_of(31, 40, grey, given);
  EXPECT_EQ(outline_by_pixels(window, 0.7), window.is_object);
}

TEST(PixelOutline, OfALineOfOnePixelStaysThatLine) {
  const auto line = [](int64_t y, int64_t x) { return y == 10 && x >= 5 && x < 35; };
  const auto window = window_of(21, 40, bright(line), line);
  EXPECT_EQ(outline_by_pixels(window, 0.4), window.is_object);
}

TEST(PixelOutline, TakesInNoNeighbourAndNothingNearerToOne) {
  const auto all = [](int64_t y, int64_t x) { return y >= 10 && y < 30 && x >= 10 && x < 50; };
  const auto left = [&](int64_t y, int64_t x) { return all(y, x) && x < 27; };
  const auto right = [&](int64_t y, int64_t x) { return all(y, x) && x >= 32; };
  const auto of_left = outline_by_pixels(window_of(40, 60, bright(all), left, right), 0.4),
             of_right = outline_by_pixels(window_of(40, 60, bright(all), right, left), 0.4);
  for (int64_t y = 0; y < 40; ++y)
    for (int64_t x = 0; x < 60; ++x) {
      const auto i = static_cast<size_t>(y * 60 + x);
      EXPECT_FALSE(of_left[i] && of_right[i]);
      EXPECT_TRUE(!of_left[i] || x < 29);
      EXPECT_TRUE(!of_right[i] || x > 29);
    }
  EXPECT_TRUE(of_left[20 * 60 + 28] && of_right[20 * 60 + 30]);  // the gap is filled up to its middle
}

TEST(PixelOutline, TakesInNoUnknownPixelAndKeepsThoseOfTheObject) {
  const auto truth = within(20, 20, 9);
  const auto is_scratch = [](int64_t y, int64_t x) { return x == 22 || y == 12; };
  const auto scratched = [&](int64_t y, int64_t x) {
    return is_scratch(y, x) ? static_cast<double>(kUnknown) : truth(y, x) ? 50.0 : 10.0;
  };
  const auto window = window_of(41, 41, scratched, within(20, 20, 8));
  const auto bits = outline_by_pixels(window, 0.4);
  for (int64_t y = 0; y < 41; ++y)
    for (int64_t x = 0; x < 41; ++x) {
      const auto i = static_cast<size_t>(y * 41 + x);
      EXPECT_TRUE(!is_scratch(y, x) || bits[i] == window.is_object[i]);
    }
}

TEST(PixelOutline, KeepsOnePartAndFillsItsHoles) {
  const auto truth = [](int64_t y, int64_t x) {
    return within(20, 20, 9)(y, x) && !within(20, 20, 2)(y, x);  // a ring
  };
  const auto given = within(20, 20, 8);
  const auto grey = [&](int64_t y, int64_t x) {
    return truth(y, x) || within(20, 33, 1.5)(y, x) ? 50.0 : 10.0;
  };
  const auto window = window_of(41, 41, grey, given);
  EXPECT_LE(differences(outline_by_pixels(window, 0.4), window, within(20, 20, 9)), 4);
}

TEST(PixelOutline, MovesNoFurtherThanItsReach) {
  const auto given = within(30, 30, 10);
  const double radius = std::sqrt(317 / M_PI);
  const auto wide = window_of(61, 61, bright(within(30, 30, 25)), given),
             narrow = window_of(61, 61, bright(within(30, 30, 3)), given);
  for (const double level : {0.2, 0.4, 0.7}) {
    const auto far = 10 + (1 - level) / 1.5 * radius + 1.5, near = 10 - level / 1.5 * radius - 1.5;
    const auto grown = outline_by_pixels(wide, level), shrunk = outline_by_pixels(narrow, level);
    for (int64_t y = 0; y < 61; ++y)
      for (int64_t x = 0; x < 61; ++x) {
        const auto i = static_cast<size_t>(y * 61 + x);
        EXPECT_TRUE(within(30, 30, far)(y, x) || !grown[i]);
        EXPECT_TRUE(!within(30, 30, near)(y, x) || shrunk[i]);
      }
  }
}

TEST(PixelOutline, DoesNotDependOnWhatIsBeyondItsMargin) {
  Random random(2);
  const auto given = within(60, 60, 7), neighbour = within(60, 75, 6);
  const int64_t margin = outline_margin(149, 0.2), side = 2 * (7 + margin) + 1;
  EXPECT_LE(margin, kOutlineMargin);
  EXPECT_EQ(outline_margin(1000000, 0), kOutlineMargin);
  const auto large = window_of(
      121, 121, [&](int64_t y, int64_t x) { return bright(within(60, 60, 9))(y, x) + random.uniform(-9, 9); },
      given, neighbour);
  ASSERT_EQ(std::count(large.is_object.begin(), large.is_object.end(), 1), 149);
  const int64_t first = 60 - 7 - margin;
  const auto cut = [&](const auto& map, int64_t y, int64_t x) {
    return map[static_cast<size_t>((first + y) * 121 + first + x)];
  };
  const auto small = window_of(
      side, side, [&](int64_t y, int64_t x) { return cut(large.grey, y, x); },
      [&](int64_t y, int64_t x) { return cut(large.is_object, y, x) != 0; },
      [&](int64_t y, int64_t x) { return cut(large.is_neighbour, y, x) != 0; });
  const auto of_large = outline_by_pixels(large, 0.2);
  EXPECT_EQ(differences(outline_by_pixels(small, 0.2), small,
                        [&](int64_t y, int64_t x) { return cut(of_large, y, x) != 0; }),
            0);
}

TEST(PixelOutline, GoesToTheBorderOfTheImage) {
  const auto truth = within(-2, 15, 12);
  const auto window = window_of(30, 31, bright(truth), within(-2, 15, 10.5));
  const auto bits = outline_by_pixels(window, 0.4);
  EXPECT_LT(differences(bits, window, truth), differences(window.is_object, window, truth) / 2);
  EXPECT_GT(std::count(bits.begin(), bits.begin() + 31, 1),
            std::count(window.is_object.begin(), window.is_object.begin() + 31, 1));
}

}  // namespace
}  // namespace priorseg
