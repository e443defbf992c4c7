#include "priorseg/detector/touching_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "priorseg/core/random.h"

namespace priorseg {
namespace {

constexpr int64_t kWindowSide = 90;
const SizesOfParts kSizes{6, 20};

struct Disk {
  double y, x, radius, height;
};

/// Blurred disks on a background of 100; all of them are outlined as one object.
OutlineWindow window_with(const std::vector<Disk>& disks, double noise = 0) {
  OutlineWindow window{kWindowSide, kWindowSide, {}, {}, {}};
  Random random(3);
  for (int64_t y = 0; y < kWindowSide; ++y)
    for (int64_t x = 0; x < kWindowSide; ++x) {
      double height = 0;
      bool is_inside = false;
      for (const auto& disk : disks) {
        const double depth =
            disk.radius - std::hypot(static_cast<double>(y) - disk.y, static_cast<double>(x) - disk.x);
        height = std::max(height, disk.height / (1 + std::exp(-depth)));
        is_inside |= depth >= 0;
      }
      window.grey.push_back(static_cast<float>(100 + height + noise * random.uniform(-1, 1)));
      window.is_object.push_back(is_inside);
      window.is_neighbour.push_back(0);
    }
  return window;
}

uint8_t value_at(const std::vector<uint8_t>& part, int64_t y, int64_t x) {
  return part[static_cast<size_t>(y * kWindowSide + x)];
}

/// Of each pixel of the object exactly one part has it; the parts have no others.
void expect_to_be_divided(const OutlineWindow& window, const std::vector<std::vector<uint8_t>>& parts) {
  for (size_t i = 0; i < window.is_object.size(); ++i) {
    int count = 0;
    for (const auto& part : parts) count += part[i];
    ASSERT_EQ(count, window.is_object[i]) << "pixel " << i;
  }
}

/// Parts that have the pixels at the middles of the disks, one each.
void expect_a_part_a_disk(const std::vector<std::vector<uint8_t>>& parts, const std::vector<Disk>& disks) {
  ASSERT_EQ(parts.size(), disks.size());
  for (const auto& part : parts) {
    int64_t middles = 0;
    for (const auto& disk : disks) middles += value_at(part, std::llround(disk.y), std::llround(disk.x));
    EXPECT_EQ(middles, 1);
  }
}

const std::vector<Disk> kPair = {{45, 33, 11, 50}, {45, 54, 11, 50}};

TEST(TouchingParts, OneRoundObjectStaysOne) {
  for (const double noise : {0.0, 8.0}) {
    const auto window = window_with({{45, 45, 12, 50}}, noise);
    EXPECT_EQ(touching_parts(window, kSizes), std::vector<std::vector<uint8_t>>({window.is_object}));
  }
}

TEST(TouchingParts, AnEllipseStaysOne) {
  auto window = window_with({});
  for (int64_t y = 0; y < kWindowSide; ++y)
    for (int64_t x = 0; x < kWindowSide; ++x) {
      const bool inside = std::hypot(static_cast<double>(y - 45) / 9, static_cast<double>(x - 45) / 18) <= 1;
      window.is_object[static_cast<size_t>(y * kWindowSide + x)] = inside;
      window.grey[static_cast<size_t>(y * kWindowSide + x)] = inside ? 150 : 100;
    }
  EXPECT_EQ(touching_parts(window, kSizes), std::vector<std::vector<uint8_t>>({window.is_object}));
}

TEST(TouchingParts, TwoThatTouchAreToldApart) {
  for (const double noise : {0.0, 5.0}) {
    const auto window = window_with(kPair, noise);
    const auto parts = touching_parts(window, kSizes);
    expect_to_be_divided(window, parts);
    expect_a_part_a_disk(parts, kPair);
    // The cut runs in the middle between them.
    for (int64_t x = 22; x < 66; ++x)
      EXPECT_EQ(value_at(parts[0], 45, x) == value_at(parts[0], 45, 33), x < 44) << x;
  }
}

TEST(TouchingParts, FourInACrowdAreToldApart) {
  const std::vector<Disk> crowd = {{34, 34, 10, 50}, {34, 54, 10, 40}, {53, 34, 10, 45}, {54, 55, 10, 50}};
  const auto window = window_with(crowd);
  const auto parts = touching_parts(window, kSizes);
  expect_to_be_divided(window, parts);
  expect_a_part_a_disk(parts, crowd);
}

TEST(TouchingParts, AreNoSmallerThanTheSmallestObject) {
  const auto window = window_with(kPair);
  EXPECT_EQ(touching_parts(window, {30, 60}).size(), 1U);
}

TEST(TouchingParts, MayBeSmallerWhereObjectsAreSmall) {
  // A shallow neck speaks for two small objects, and not for two halves of a typical one.
  const std::vector<Disk> neck = {{45, 38, 10, 50}, {45, 52, 10, 50}};
  const auto window = window_with(neck);
  EXPECT_EQ(touching_parts(window, {6, 60}).size(), 1U);
  EXPECT_EQ(touching_parts(window, {6, 12}).size(), 2U);
}

TEST(TouchingParts, DoNotDependOnBrightnessAndContrast) {
  const auto window = window_with(kPair, 5);
  auto other = window;
  for (float& grey : other.grey) grey = 16 * grey + 4096;
  EXPECT_EQ(touching_parts(window, kSizes), touching_parts(other, kSizes));
}

TEST(TouchingParts, WhatIsNoBrighterThanItsSurroundingsStaysOne) {
  auto window = window_with(kPair);
  for (float& grey : window.grey) grey = -grey;
  EXPECT_EQ(touching_parts(window, kSizes).size(), 1U);
  std::fill(window.grey.begin(), window.grey.end(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(touching_parts(window, kSizes).size(), 1U);
}

TEST(TouchingParts, UnknownPixelsStayWithTheObject) {
  auto window = window_with(kPair);
  for (int64_t x = 0; x < kWindowSide; ++x)
    window.grey[static_cast<size_t>(45 * kWindowSide + x)] = std::numeric_limits<float>::quiet_NaN();
  const auto parts = touching_parts(window, kSizes);
  expect_to_be_divided(window, parts);
}

TEST(TouchingParts, OfAnObjectOfOnePixelIsItself) {
  auto window = window_with({});
  window.is_object[45 * kWindowSide + 45] = 1;
  window.grey[45 * kWindowSide + 45] = 200;
  EXPECT_EQ(touching_parts(window, {0, 20}), std::vector<std::vector<uint8_t>>({window.is_object}));
}

}  // namespace
}  // namespace priorseg
