#include "priorseg/detector/open_outlines.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <tuple>

#include "detector/tiny_detector.h"
#include "priorseg/detector/pixel_outline.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/relief.h"
#include "support/phase_contrast_scene.h"

namespace priorseg {
namespace {

using namespace test;

constexpr int64_t kHeight = 300, kWidth = 130;

/// The clean rows of an image in which nothing is amiss.
torch::Tensor clean_rows(const torch::Tensor& grey) {
  auto clean = torch::zeros({1 + kCleanLayers, grey.size(0), grey.size(1)});
  clean[0].copy_(grey);
  layer_of(clean, CleanLayer::kGrey).copy_(grey);
  return clean;
}

ObjectPixels object_of(const torch::Tensor& map) {
  const auto set = torch::nonzero(map);
  ObjectPixels object;
  if (set.size(0) == 0) return object;
  const auto first = std::get<0>(set.min(0)), last = std::get<0>(set.max(0));
  object.y0 = first[0].item<int64_t>(), object.x0 = first[1].item<int64_t>();
  object.height = last[0].item<int64_t>() - object.y0 + 1,
  object.width = last[1].item<int64_t>() - object.x0 + 1;
  object.area = set.size(0);
  for (int64_t y = 0; y < object.height; ++y)
    for (int64_t x = 0; x < object.width; ++x)
      object.bits.push_back(map[object.y0 + y][object.x0 + x].item<bool>());
  return object;
}

ObjectPixels object_of(const Ellipse& ellipse) { return object_of(pixels_of(ellipse, kHeight, kWidth)); }

/// The score of object i is i: it tells which one it was.
Detections detections_of(const std::vector<ObjectPixels>& objects, const std::vector<int64_t>& numbers) {
  const auto count = std::ssize(numbers);
  Detections result;
  result.instances = {torch::zeros({count, 4}),
                      torch::tensor(numbers, torch::kFloat32),
                      torch::zeros({count, 2}),
                      torch::zeros({count, 4, 4}),
                      kHeight,
                      kWidth};
  for (const int64_t i : numbers) result.objects.push_back(objects[static_cast<size_t>(i)]);
  return result;
}

/// Ellipses that touch and overlap, of various sizes, some over the border, and an image of them with noise.
struct Crowd {
  std::vector<ObjectPixels> objects;
  torch::Tensor clean;
};

Crowd crowded_image() {
  Random random(4);
  torch::manual_seed(4);
  Crowd crowd;
  auto grey = 100 + 20 * torch::randn({kHeight, kWidth});
  for (int i = 0; i < 70; ++i) {
    const Ellipse truth{random.uniform(0, kWidth), random.uniform(0, kHeight), random.uniform(3, 14),
                        random.uniform(3, 14)};
    grey.masked_fill_(pixels_of(truth, kHeight, kWidth), random.uniform(150, 400));
    auto given = truth;
    given.x += random.uniform(-2, 2), given.y += random.uniform(-2, 2);
    const auto object = object_of(given);
    if (object.area > 0) crowd.objects.push_back(object);
  }
  crowd.clean = clean_rows(grey + 5 * torch::randn({kHeight, kWidth}));
  return crowd;
}

std::map<int64_t, ObjectPixels> outlined_at_once(const Crowd& crowd, double level = 0.4) {
  std::vector<int64_t> all(crowd.objects.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  OpenOutlines outlines(level, kHeight, kWidth);
  const auto found =
      outlines.add(detections_of(crowd.objects, all), OpenOutlines::kAllRows, known_grey_of(crowd.clean))
          .found;
  EXPECT_EQ(outlines.first_row(), kHeight);
  std::map<int64_t, ObjectPixels> result;
  for (size_t i = 0; i < found.objects.size(); ++i)
    result[found.instances.scores[static_cast<int64_t>(i)].item<int64_t>()] = found.objects[i];
  return result;
}

auto everything(const ObjectPixels& object) {
  return std::tie(object.x0, object.y0, object.height, object.width, object.area, object.bits);
}

torch::Tensor map_of(const ObjectPixels& object) { return pixels_of(object, kHeight, kWidth); }

/// Pairs of disks that touch, each outlined as one object, beside single ones.
Crowd crowd_with_pairs() {
  Random random(5);
  torch::manual_seed(5);
  Crowd crowd;
  auto grey = torch::full({kHeight, kWidth}, 100.0f);
  for (int64_t y = 12; y < kHeight; y += 31)
    for (int64_t x = 16; x < kWidth; x += 41) {
      const Ellipse one{static_cast<double>(x), static_cast<double>(y), 7, 7}, other{x + 13.0, y + 3.0, 7, 7};
      auto map = pixels_of(one, kHeight, kWidth);
      if (random.chance(0.7)) map = map | pixels_of(other, kHeight, kWidth);
      grey.masked_fill_(map, random.uniform(150, 300));
      crowd.objects.push_back(object_of(map));
    }
  crowd.clean = clean_rows(grey + 5 * torch::randn({kHeight, kWidth}));
  return crowd;
}

struct OutlinedPart {
  ObjectPixels object;
  double quality;
};
using PartsOfObjects = std::multimap<int64_t, OutlinedPart>;  // by number; parts in their order

void add_parts(const OutlinedObjects& outlined, PartsOfObjects& parts) {
  const auto& [found, signs] = outlined;
  ASSERT_EQ(found.instances.size(), std::ssize(found.objects));
  ASSERT_EQ(signs.size(), found.objects.size());
  for (size_t i = 0; i < found.objects.size(); ++i)
    parts.emplace(found.instances.scores[static_cast<int64_t>(i)].item<int64_t>(),
                  OutlinedPart{found.objects[i], quality_of_outline(signs[i])});
}

PartsOfObjects parts_at_once(const Crowd& crowd, const std::optional<SizesOfParts>& sizes) {
  std::vector<int64_t> all(crowd.objects.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  OpenOutlines outlines(0.4, kHeight, kWidth, sizes);
  PartsOfObjects parts;
  add_parts(
      outlines.add(detections_of(crowd.objects, all), OpenOutlines::kAllRows, known_grey_of(crowd.clean)),
      parts);
  return parts;
}

/// Objects that are not given yet and can be settled where all that begins above `row` is known.
/// @param complete  falls to the first row of what waits.
std::vector<int64_t> settled_above(int64_t row, const Crowd& crowd, const std::vector<bool>& is_given,
                                   int64_t& complete) {
  std::vector<int64_t> ready;
  for (size_t i = 0; i < crowd.objects.size(); ++i) {
    const auto& object = crowd.objects[i];
    if (is_given[i] || object.y0 >= row) continue;
    // A worse one that waits for a better one below it is not settled yet.
    bool waits = false;
    for (size_t better = 0; better < i; ++better) {
      const bool is_open = !is_given[better] &&
                           std::find(ready.begin(), ready.end(), static_cast<int64_t>(better)) == ready.end();
      waits |= is_open && (map_of(object) & map_of(crowd.objects[better])).any().item<bool>();
    }
    if (waits) complete = std::min(complete, object.y0);
    if (!waits) ready.push_back(static_cast<int64_t>(i));
  }
  return ready;
}

PartsOfObjects parts_in_pieces(const Crowd& crowd, const std::optional<SizesOfParts>& sizes, int64_t step) {
  OpenOutlines outlines(0.4, kHeight, kWidth, sizes);
  const auto all_known = known_grey_of(crowd.clean);
  std::vector<bool> is_given(crowd.objects.size());
  PartsOfObjects parts;
  for (int64_t row = step; row < kHeight + step; row += step) {
    const bool is_last = row >= kHeight;
    int64_t complete = row;
    const auto ready = settled_above(is_last ? kHeight : row, crowd, is_given, complete);
    for (const int64_t i : ready) is_given[static_cast<size_t>(i)] = true;
    const int64_t first = outlines.first_row(), last = std::min(kHeight, row + kOutlineMargin);
    const auto known = [&](int64_t y, int64_t left, int64_t count, float* to) {
      EXPECT_GE(y, first);
      EXPECT_LT(y, last);
      all_known(y, left, count, to);
    };
    const auto outlined =
        outlines.add(detections_of(crowd.objects, ready), is_last ? OpenOutlines::kAllRows : complete, known);
    for (const auto& object : outlined.found.objects) EXPECT_GE(object.y0, first);
    add_parts(outlined, parts);
  }
  return parts;
}

void expect_the_same_in_pieces(const Crowd& crowd, const PartsOfObjects& expected,
                               const std::optional<SizesOfParts>& sizes = std::nullopt) {
  for (const int64_t step : {7, 40, 120}) {
    const auto parts = parts_in_pieces(crowd, sizes, step);
    ASSERT_EQ(parts.size(), expected.size());
    for (auto a = parts.begin(), b = expected.begin(); a != parts.end(); ++a, ++b) {
      EXPECT_EQ(a->first, b->first);
      EXPECT_EQ(everything(a->second.object), everything(b->second.object)) << step << " " << a->first;
      EXPECT_EQ(a->second.quality, b->second.quality) << step << " " << a->first;
    }
  }
}

TEST(OpenOutlines, AreTheSameInPiecesAsAtOnce) {
  const auto crowd = crowded_image();
  expect_the_same_in_pieces(crowd, parts_at_once(crowd, std::nullopt));
}

TEST(OpenOutlines, OfPartsAreTheSameInPiecesAsAtOnce) {
  const auto crowd = crowd_with_pairs();
  const SizesOfParts sizes{5, 14};
  const auto parts = parts_at_once(crowd, sizes);
  EXPECT_GT(parts.size(), crowd.objects.size());
  expect_the_same_in_pieces(crowd, parts, sizes);
}

TEST(OpenOutlines, PartsTogetherAreTheObject) {
  const auto crowd = crowd_with_pairs();
  const auto parts = parts_at_once(crowd, SizesOfParts{5, 14});
  for (const auto& [number, whole] : outlined_at_once(crowd)) {
    auto count = torch::zeros({kHeight, kWidth}, torch::kInt64);
    const auto [first, last] = parts.equal_range(number);
    for (auto part = first; part != last; ++part) count += map_of(part->second.object);
    EXPECT_TRUE(count.equal(map_of(whole).to(torch::kInt64))) << number;
  }
}

TEST(OpenOutlines, ShareNoPixel) {
  const auto crowd = crowded_image();
  auto count = torch::zeros({kHeight, kWidth}, torch::kInt64), before = count.clone();
  for (const auto& object : crowd.objects) before += map_of(object);
  for (const auto& [number, object] : outlined_at_once(crowd)) {
    if (everything(object) != everything(crowd.objects[static_cast<size_t>(number)])) count += map_of(object);
    EXPECT_GT(object.area, 0);
    EXPECT_EQ(object.area, std::count(object.bits.begin(), object.bits.end(), 1));
  }
  EXPECT_GT(before.max().item<int64_t>(), 1);
  EXPECT_EQ(count.max().item<int64_t>(), 1);
}

TEST(OpenOutlines, OfLevelZeroAreThoseThatCome) {
  const auto crowd = crowded_image();
  for (const auto& [number, object] : outlined_at_once(crowd, 0))
    EXPECT_EQ(everything(object), everything(crowd.objects[static_cast<size_t>(number)]));
}

TEST(OpenOutlines, DoNotDependOnTheNumberOfThreads) {
  const auto crowd = crowded_image();
  const int before = torch::get_num_threads();
  torch::set_num_threads(1);
  const auto one = outlined_at_once(crowd);
  torch::set_num_threads(3);
  const auto three = outlined_at_once(crowd);
  torch::set_num_threads(before);
  for (const auto& [number, object] : one) EXPECT_EQ(everything(object), everything(three.at(number)));
}

TEST(OpenOutlines, TakeInNoArtefactAndNothingThatIsNotKnown) {
  const Ellipse truth{60, 60, 12, 12}, given{60, 60, 10, 10};
  auto grey = torch::full({kHeight, kWidth}, 10.0f);
  grey.masked_fill_(pixels_of(truth, kHeight, kWidth), 50);
  Crowd crowd{{object_of(given)}, clean_rows(grey)};
  const auto is_new = map_of(outlined_at_once(crowd).at(0)) & ~map_of(crowd.objects[0]);
  for (const auto layer : {CleanLayer::kBlank, CleanLayer::kKind}) {
    crowd.clean = clean_rows(grey);
    layer_of(crowd.clean, layer).slice(1, 60, kWidth).fill_(1);
    const auto masked = map_of(outlined_at_once(crowd).at(0)) & ~map_of(crowd.objects[0]);
    EXPECT_TRUE(is_new.slice(1, 60, kWidth).any().item<bool>());
    EXPECT_FALSE(masked.slice(1, 60, kWidth).any().item<bool>());
    EXPECT_TRUE(masked.slice(1, 0, 59).equal(is_new.slice(1, 0, 59)));
  }
}

TEST(OpenOutlines, BringADetectorsOutlinesNearerToTheImageAndLeaveAllElse) {
  const auto detector = trained_detector(),
             by_pixels = trained_detector({{"inference", {{"border_level", 0.5}}}});
  const auto ellipses = scattered_ellipses(128, 128, 3);
  const Image image(draw_ellipses(ellipses, 128, 128), 0);
  const auto before = detector.find(image), after = by_pixels.find(image);
  EXPECT_TRUE(before.instances.boxes.equal(after.instances.boxes));
  EXPECT_TRUE(before.instances.scores.equal(after.instances.scores));
  EXPECT_EQ(count_found(after, ellipses, 0.5), count_found(before, ellipses, 0.5));
  EXPECT_GT(count_found(after, ellipses, 0.9), count_found(before, ellipses, 0.9));
}

TEST(OpenOutlines, ThatHardlyMatchAnObjectAreDropped) {
  const Image image(draw_ellipses(scattered_ellipses(160, 160, 3), 160, 160), 0);
  const auto look = [&](const Detector& detector, double min_chance) {
    auto inference = detector.options().inference;
    inference.min_chance = min_chance;
    FoundRows all;
    detector.find_in_bands(image, 1 << 30, inference, [&](const FoundRows& found) { all = found; });
    return all;
  };
  const auto chances_of = [](const FoundRows& rows) {
    std::vector<double> chances;
    for (size_t i = 0; i < rows.signs.size(); ++i)
      chances.push_back(
          chance_of_match(quality_of_outline(rows.signs[i]),
                          2 * std::sqrt(static_cast<double>(rows.found.objects[i].area) / std::numbers::pi) /
                              std::sqrt(12.0 * 20.0)));
    return chances;
  };
  const auto detector = trained_detector({{"inference", {{"border_level", 0.4}}}});
  auto chances = chances_of(look(detector, 0));
  std::sort(chances.begin(), chances.end());
  const auto middle = chances.begin() + std::ssize(chances) / 2;
  auto kept = chances_of(look(detector, *middle));
  std::sort(kept.begin(), kept.end());
  EXPECT_EQ(kept, std::vector<double>(middle, chances.end()));

  const auto as_drawn = trained_detector();
  EXPECT_EQ(look(as_drawn, 1).found.objects.size(), look(as_drawn, 0).found.objects.size());
}

TEST(OpenOutlines, HaveALevelOfTheirOwnInAStain) {
  const auto look = [](const char* channel, double level, double of_stain) {
    return trained_detector(
        {{"intensity", {{"polarity", "absorbing"}, {"channel", channel}}},
         {"inference",
          {{"border_level", level}, {"stain_border_level", of_stain}, {"other_polarity", false}}}});
  };
  const auto grey = 255 * torch::exp(-draw_ellipses(scattered_ellipses(96, 96, 3), 96, 96) / 100);
  const Image image(torch::cat({grey, grey, grey}), 0);
  const auto areas = [&](const Detector& detector) {
    std::vector<int64_t> all;
    for (const auto& object : detector.find(image).objects) all.push_back(object.area);
    return all;
  };
  EXPECT_FALSE(areas(look("green", 0.3, 0)).empty());
  EXPECT_EQ(areas(look("green", 0.3, 0.6)), areas(look("green", 0.6, 0)));
  EXPECT_NE(areas(look("green", 0.3, 0.6)), areas(look("green", 0.3, 0)));
  EXPECT_EQ(areas(look("grey", 0.3, 0.6)), areas(look("grey", 0.3, 0)));
  EXPECT_EQ(areas(look("green", 0, 0.6)), areas(look("green", 0, 0)));
}

TEST(OpenOutlines, FollowThePixelsOfAReliefToo) {
  const nlohmann::json relief = {{"intensity", {{"polarity", "relief"}}},
                                 {"size", {{"min", 24}, {"max", 40}}}};
  auto by_pixels = relief;
  by_pixels["inference"]["border_level"] = 0.5;
  const auto cells =
      draw_phase_contrast({{40, 40, 13}, {45, 130, 14}, {130, 60, 12}, {140, 150, 13}}, 192, 192, 1);
  const Image image(cells.unsqueeze(0), 0);
  const auto before = trained_detector(relief).find(image), after = trained_detector(by_pixels).find(image);
  ASSERT_GT(before.objects.size(), 0u);
  ASSERT_EQ(before.objects.size(), after.objects.size());
  int64_t moved = 0;
  for (size_t i = 0; i < before.objects.size(); ++i) moved += before.objects[i].bits != after.objects[i].bits;
  EXPECT_GT(moved, 0);
}

/// What a relief shows as one cell has one object, however much of it the networks drew.
TEST(OpenOutlines, AreTheCellsOfARelief) {
  const nlohmann::json by_cells = {{"intensity", {{"polarity", "relief"}}},
                                   {"size", {{"min", 24}, {"max", 40}}},
                                   {"inference", {{"border_level", 0.5}, {"relief_cells", true}}}};
  const auto cells =
      draw_phase_contrast({{40, 40, 13}, {45, 130, 14}, {130, 60, 12}, {140, 150, 13}}, 192, 192, 1);
  const auto found = trained_detector(by_cells).find(Image(cells.unsqueeze(0), 0));
  const auto relief = relief_of(cells);
  ASSERT_GT(found.objects.size(), 0u);
  EXPECT_LE(found.objects.size(), 4u);
  for (const auto& object : found.objects) {
    int64_t bright = 0;
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        bright += object.bits[static_cast<size_t>(y * object.width + x)] &&
                  relief[object.y0 + y][object.x0 + x].item<float>() > 0.5F;
    EXPECT_EQ(bright, object.area);
    EXPECT_GE(object.area, 314);
  }
}

}  // namespace
}  // namespace priorseg
