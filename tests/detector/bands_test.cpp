// An image that goes through the detector in bands gives the objects of the whole image.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "detector/tiny_detector.h"
#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using namespace test;

struct Outcome {
  std::vector<ObjectPixels> objects;
  int64_t rows = 0, pieces = 0;
};

Outcome find_in_bands(Detector& detector, const torch::Tensor& pixels, int64_t band_rows) {
  Outcome outcome;
  detector.find_in_bands(Image(pixels, 0), band_rows * pixels.size(2), [&](const FoundRows& piece) {
    EXPECT_EQ(piece.rows.first, outcome.rows);
    outcome.rows = piece.rows.last;
    ++outcome.pieces;
    EXPECT_TRUE(piece.pixels.equal(pixels.slice(1, piece.rows.first, piece.rows.last)));
    EXPECT_EQ(piece.found.instances.size(), std::ssize(piece.found.objects));
    for (const auto& object : piece.found.objects) {
      EXPECT_GE(object.y0, piece.rows.first);  // it could still be drawn
      outcome.objects.push_back(object);
    }
  });
  EXPECT_EQ(outcome.rows, pixels.size(1));
  return outcome;
}

double overlap(const ObjectPixels& a, const ObjectPixels& b, int64_t height, int64_t width) {
  const auto first = pixels_of(a, height, width), second = pixels_of(b, height, width);
  return (first & second).sum().item<double>() / (first | second).sum().item<double>();
}

void expect_same_objects_in_bands(const nlohmann::json& change, const torch::Tensor& pixels,
                                  double least_overlap = 0.95) {
  const int64_t height = pixels.size(1), width = pixels.size(2);
  auto detector = trained_detector(change);
  const auto whole = detector.find({pixels, 0}).objects;
  ASSERT_GT(whole.size(), 30u);
  for (const int64_t band_rows : {40, 100, 300}) {
    const auto banded = find_in_bands(detector, pixels, band_rows);
    EXPECT_GT(banded.pieces, 1);
    ASSERT_EQ(banded.objects.size(), whole.size()) << change << band_rows;
    for (const auto& object : whole) {
      double best = 0;
      for (const auto& other : banded.objects)
        if (std::abs(object.y0 - other.y0) < 8 && std::abs(object.x0 - other.x0) < 8)
          best = std::max(best, overlap(object, other, height, width));
      EXPECT_GT(best, least_overlap) << change << band_rows;
    }
  }
}

void expect_same_objects(const nlohmann::json& change, double least_overlap = 0.95) {
  constexpr int64_t kHeight = 420, kWidth = 120;
  expect_same_objects_in_bands(change, draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth),
                               least_overlap);
}

TEST(FindInBands, GivesTheObjectsOfTheWholeImageWhateverTheBands) {
  expect_same_objects(nlohmann::json::object());
}

/// Rows of the tiny detector's image where bands meet: all have the same number of grid rows but the last.
std::vector<int64_t> seams_of(int64_t pieces, int64_t height) {
  constexpr int64_t kCell = 8;
  const int64_t band = (height + kCell * pieces - 1) / (kCell * pieces) * kCell;
  std::vector<int64_t> rows;
  for (int64_t row = band; row < height; row += band) rows.push_back(row);
  return rows;
}

TEST(FindInBands, HundredsOfObjectsOnSeamsAreWholeAndSingle) {
  constexpr int64_t kHeight = 640, kWidth = 1400, kBandRows = 40;
  const auto pixels = draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth);
  auto detector = trained_detector();
  const auto whole = detector.find({pixels, 0}).objects;
  const auto banded = find_in_bands(detector, pixels, kBandRows);
  EXPECT_EQ(banded.objects.size(), whole.size());
  const auto seams = seams_of(banded.pieces, kHeight);
  int64_t on_seams = 0, others = 0;
  for (const auto& object : whole) {
    if (std::any_of(seams.begin(), seams.end(),
                    [&](int64_t row) { return object.y0 < row && row < object.y0 + object.height; }))
      ++on_seams;
    double best = 0;
    for (const auto& other : banded.objects)
      if (std::abs(object.y0 - other.y0) < 8 && std::abs(object.x0 - other.x0) < 8)
        best = std::max(best, overlap(object, other, kHeight, kWidth));
    if (best < 0.95) ++others;
  }
  EXPECT_GT(on_seams, 200) << banded.pieces << " pieces";
  EXPECT_EQ(others, 0);
}

TEST(FindInBands, GivesThemWithALocalBackgroundAndALocalMapping) {
  expect_same_objects({{"intensity", {{"background", "local"}}}});
  expect_same_objects({{"intensity", {{"mapping", "local"}, {"saturation", 0}}}});
}

TEST(FindInBands, GivesThemWhereTheImageIsRescaledByAnOddFactor) {
  expect_same_objects({{"size", {{"min", 11.0}, {"max", 18.7}}}});
}

TEST(FindInBands, GivesThemWhereTheImageIsLookedAtInItsOwnScale) {
  expect_same_objects({{"size", {{"own_scale", true}, {"typical", 20.0}}}});
}

TEST(FindInBands, GivesThemUnderThePapersSuppression) {
  expect_same_objects({{"inference", {{"nms", "paper"}, {"presence", 0.02}}}});
}

TEST(FindInBands, GivesThemWithTheOutlinesOfThePixels) {
  expect_same_objects({{"inference", {{"border_level", 0.4}}}});
  expect_same_objects({{"inference", {{"border_level", 0.4}, {"split_touching", true}}}});
  expect_same_objects({{"inference", {{"border_level", 0.4}, {"min_chance", 0.9}}}});
}

// The tiles of the refinement lie elsewhere in a band, and the strength of its edges is measured there.
TEST(FindInBands, RefinesNearlyAsInTheWholeImage) {
  expect_same_objects({{"inference", {{"refine_steps", 8}}}}, 0.9);
}

/// Above small ellipses, below large ones.
std::vector<Ellipse> small_and_large_ellipses(int64_t height, int64_t width) {
  auto ellipses = scattered_ellipses(height / 2, width, 3);
  for (auto large : scattered_ellipses(height / 6, width / 3, 4))
    ellipses.push_back({3 * large.x, height / 2 + 3 * large.y, 3 * large.half_height, 3 * large.half_width});
  return ellipses;
}

/// Settings of three levels: small, three times as large, and between.
nlohmann::json levels_of_tiny_detector() {
  const auto scale = trained_detector().scale();
  return {{"size",
           {{"min", 8},
            {"max", 80},
            {"level_span", 2},
            {"scale_min", scale.scale_min},
            {"scale_max", scale.scale_max}}}};
}

TEST(FindInLevels, FindsSmallAndLargeObjectsInOneImage) {
  constexpr int64_t kHeight = 420, kWidth = 120;
  const auto ellipses = small_and_large_ellipses(kHeight, kWidth);
  const Image image(draw_ellipses(ellipses, kHeight, kWidth), 0);
  auto detector = trained_detector(levels_of_tiny_detector());
  EXPECT_EQ(detector.levels_of(image).size(), 2u);
  const auto found = detector.find(image);
  EXPECT_GE(count_found(found, ellipses, 0.6), std::ssize(ellipses) - 2);
  EXPECT_LE(std::ssize(found.objects), std::ssize(ellipses) + 2);
  const std::vector<Ellipse> large(ellipses.end() - 2, ellipses.end());
  EXPECT_EQ(count_found(found, large, 0.6), 2);
  EXPECT_EQ(count_found(trained_detector().find(image), large, 0.6), 0) << "otherwise this proves nothing";
}

TEST(FindInLevels, GivesTheSameInBands) {
  constexpr int64_t kHeight = 420, kWidth = 120;
  expect_same_objects_in_bands(levels_of_tiny_detector(),
                               draw_ellipses(small_and_large_ellipses(kHeight, kWidth), kHeight, kWidth));
}

TEST(FindInBands, OfASmallImageIsOnePieceLikeFind) {
  auto detector = trained_detector();
  const auto pixels = draw_ellipses(scattered_ellipses(96, 96, 3), 96, 96);
  const auto whole = detector.find({pixels, 0}).objects;
  const auto outcome = find_in_bands(detector, pixels, 96);
  EXPECT_EQ(outcome.pieces, 1);
  ASSERT_EQ(outcome.objects.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(outcome.objects[i].bits, whole[i].bits);
}

/// Objects of all parts, each taken from the part that owns the row of its centre.
std::vector<ObjectPixels> find_in_parts(const Detector& detector, const Image& image, int64_t band_rows,
                                        int64_t bands, int64_t& parts) {
  const auto& inference = detector.options().inference;
  const int64_t band_pixels = band_rows * image.width;
  const auto figures = detector.measure(image, inference);
  std::vector<ObjectPixels> objects;
  int64_t next_row = 0;
  parts = 0;
  for (const auto& part : detector.parts_of(image, figures, inference, band_pixels, bands)) {
    ++parts;
    EXPECT_EQ(part.owned.first, next_row);
    next_row = part.owned.last;
    const ImageSource rows(image, [&](int64_t first, int64_t last) {
      EXPECT_GE(first, part.read.first);
      EXPECT_LE(last, part.read.last);
      return image.pixels.slice(1, first, last);
    });
    int64_t given = part.given.first;
    detector.find_in_part(rows, figures, part, inference, [&](const FoundRows& piece) {
      EXPECT_EQ(piece.rows.first, given);
      given = piece.rows.last;
      for (const auto& object : piece.found.objects) {
        const auto centre = static_cast<double>(object.y0) + static_cast<double>(object.height) / 2;
        if (centre >= static_cast<double>(part.owned.first) && centre < static_cast<double>(part.owned.last))
          objects.push_back(object);
      }
    });
    EXPECT_EQ(given, part.given.last);
  }
  EXPECT_EQ(next_row, image.height);
  return objects;
}

torch::Tensor drawn(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width) {
  auto map = torch::zeros({height, width}, torch::kInt32);
  for (const auto& object : objects) map += pixels_of(object, height, width).to(torch::kInt32);
  return map;
}

TEST(FindInParts, GivesTheObjectsOfTheBandsWhateverTheParts) {
  constexpr int64_t kHeight = 1200, kWidth = 120;
  const Image image(draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth), 0);
  for (const auto& change :
       {nlohmann::json::object(), nlohmann::json{{"intensity", {{"background", "local"}}}},
        nlohmann::json{{"inference", {{"border_level", 0.5}}}}}) {
    auto detector = trained_detector(change);
    for (const int64_t bands : {1, 2, 100}) {
      const auto whole = find_in_bands(detector, image.pixels, 160).objects;
      int64_t parts = 0;
      const auto found = find_in_parts(detector, image, 160, bands, parts);
      EXPECT_EQ(parts, bands == 1 ? 8 : bands == 2 ? 4 : 1) << change;
      ASSERT_EQ(found.size(), whole.size()) << change << bands;
      ASSERT_GT(whole.size(), 100u);
      EXPECT_TRUE(drawn(found, kHeight, kWidth).equal(drawn(whole, kHeight, kWidth))) << change << bands;
    }
  }
}

TEST(FindInParts, FiguresAreNeeded) {
  const Image image(draw_ellipses({}, 64, 64), 0);
  const auto detector = trained_detector();
  EXPECT_THROW(detector.parts_of(image, {}, detector.options().inference, 1000, 1), Error);
  const auto figures = detector.measure(image, detector.options().inference);
  EXPECT_THROW(detector.parts_of(image, figures, detector.options().inference, 1000, 0), Error);
}

}  // namespace
}  // namespace priorseg
