#include "priorseg/output/label_outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace priorseg {
namespace {

using testing::ElementsAre;

/// An object from a picture of '#' and other characters, at (x0, y0).
ObjectPixels object_of(const std::vector<std::string>& rows, int64_t x0 = 0, int64_t y0 = 0) {
  ObjectPixels object{x0, y0, std::ssize(rows), std::ssize(rows.front()), 0, {}};
  for (const auto& row : rows)
    for (const char pixel : row) object.bits.push_back(pixel == '#');
  object.area = std::count(object.bits.begin(), object.bits.end(), 1);
  return object;
}

std::vector<OutlineRing> rings_of(const std::vector<OutlinePart>& parts) {
  std::vector<OutlineRing> rings;
  for (const auto& part : parts) {
    rings.push_back(part.exterior);
    rings.insert(rings.end(), part.holes.begin(), part.holes.end());
  }
  return rings;
}

/// The pixels whose centres lie inside an odd number of rings: a slow way to fill them.
std::vector<uint8_t> filled(const std::vector<OutlinePart>& parts, const ObjectPixels& like) {
  std::vector<uint8_t> bits;
  const auto rings = rings_of(parts);
  for (int64_t y = like.y0; y < like.y0 + like.height; ++y) {
    for (int64_t x = like.x0; x < like.x0 + like.width; ++x) {
      bool inside = false;
      for (const auto& ring : rings) {
        for (size_t i = 0; i < ring.size(); ++i) {
          const PixelCorner &a = ring[i], &b = ring[(i + 1) % ring.size()];
          const bool is_left_of_centre = a.x == b.x && a.x <= x;
          if (is_left_of_centre && std::min(a.y, b.y) <= y && y < std::max(a.y, b.y)) inside = !inside;
        }
      }
      bits.push_back(inside);
    }
  }
  return bits;
}

void expect_sound(const ObjectPixels& object) {
  const auto parts = trace_outline(object);
  EXPECT_EQ(filled(parts, object), object.bits);
  int64_t doubled_area = 0;
  for (const auto& part : parts) {
    EXPECT_GT(doubled_signed_area(part.exterior), 0);
    for (const auto& hole : part.holes) EXPECT_LT(doubled_signed_area(hole), 0);
  }
  for (const auto& ring : rings_of(parts)) {
    doubled_area += doubled_signed_area(ring);
    std::map<std::pair<int64_t, int64_t>, int> meetings;
    for (size_t i = 0; i < ring.size(); ++i) {
      const PixelCorner &a = ring[i], &b = ring[(i + 1) % ring.size()], &c = ring[(i + 2) % ring.size()];
      EXPECT_EQ(++meetings[std::pair(a.x, a.y)], 1) << "a ring meets a corner twice";
      EXPECT_TRUE((a.x == b.x) != (a.y == b.y)) << "an edge is not along pixels";
      EXPECT_TRUE((a.x == b.x) != (b.x == c.x)) << "a corner where the ring does not turn";
    }
  }
  EXPECT_EQ(doubled_area, 2 * object.area);
}

TEST(TraceOutline, OfOnePixel) {
  const auto parts = trace_outline(object_of({"#"}, 5, 7));
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_THAT(parts[0].exterior,
              ElementsAre(PixelCorner{6, 7}, PixelCorner{6, 8}, PixelCorner{5, 8}, PixelCorner{5, 7}));
  EXPECT_TRUE(parts[0].holes.empty());
}

TEST(TraceOutline, OfNothingIsEmpty) { EXPECT_TRUE(trace_outline({}).empty()); }

TEST(TraceOutline, HasHolesAndIslandsInThem) {
  const auto object = object_of({"#####", "#...#", "#.#.#", "#...#", "#####"});
  const auto parts = trace_outline(object);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].holes.size(), 1u);
  EXPECT_EQ(parts[1].exterior.size(), 4u);
  expect_sound(object);
}

TEST(TraceOutline, PixelsThatTouchAtACornerOnlyAreTwoParts) {
  const auto object = object_of({"#.", ".#"});
  EXPECT_EQ(trace_outline(object).size(), 2u);
  expect_sound(object);
}

TEST(TraceOutline, AHoleThatTouchesTheOutsideAtACornerStaysAHole) {
  const auto apart = object_of({"####", "#.##", "####"});
  const auto touching = object_of({"##.", "#.#", "###"});  // the hole and what lies outside, at (2, 1)
  for (const auto& each : {apart, touching}) {
    const auto parts = trace_outline(each);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].holes.size(), 1u);
    expect_sound(each);
  }
}

TEST(TraceOutline, HolesThatTouchAtACornerAreTwo) {
  const auto object = object_of({"####", "#.##", "##.#", "####"});
  EXPECT_EQ(trace_outline(object).at(0).holes.size(), 2u);
  expect_sound(object);
}

TEST(TraceOutline, FilledGivesBackAnyPixels) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const int64_t height = 1 + static_cast<int64_t>(random() % 9),
                  width = 1 + static_cast<int64_t>(random() % 9);
    ObjectPixels object{static_cast<int64_t>(random() % 3), 40000, height, width, 0, {}};
    for (int64_t pixel = 0; pixel < height * width; ++pixel) object.bits.push_back(random() % 3 != 0);
    object.area = std::count(object.bits.begin(), object.bits.end(), 1);
    expect_sound(object);
  }
}

}  // namespace
}  // namespace priorseg
