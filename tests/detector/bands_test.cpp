// An image that goes through the detector in bands, and these in tiles, gives the objects of the whole image.
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

bool holds(const ObjectPixels& object, int64_t y, int64_t x) {
  return y >= object.y0 && y < object.y0 + object.height && x >= object.x0 && x < object.x0 + object.width &&
         object.bits[static_cast<size_t>((y - object.y0) * object.width + x - object.x0)] != 0;
}

double overlap(const ObjectPixels& a, const ObjectPixels& b) {
  int64_t common = 0;
  for (int64_t y = a.y0; y < a.y0 + a.height; ++y)
    for (int64_t x = a.x0; x < a.x0 + a.width; ++x) common += holds(a, y, x) && holds(b, y, x);
  return static_cast<double>(common) / static_cast<double>(a.area + b.area - common);
}

/// Of the object among others that shares most with it.
double best_overlap(const ObjectPixels& object, const std::vector<ObjectPixels>& others) {
  double best = 0;
  for (const auto& other : others)
    if (std::abs(object.y0 - other.y0) < 8 && std::abs(object.x0 - other.x0) < 8)
      best = std::max(best, overlap(object, other));
  return best;
}

void expect_same_objects_in_bands(const nlohmann::json& change, const torch::Tensor& pixels,
                                  double least_overlap = 0.95) {
  auto detector = trained_detector(change);
  const auto whole = detector.find({pixels, 0}).objects;
  ASSERT_GT(whole.size(), 30u);
  for (const int64_t band_rows : {40, 100, 300}) {
    const auto banded = find_in_bands(detector, pixels, band_rows);
    EXPECT_GT(banded.pieces, 1);
    ASSERT_EQ(banded.objects.size(), whole.size()) << change << band_rows;
    for (const auto& object : whole)
      EXPECT_GT(best_overlap(object, banded.objects), least_overlap) << change << band_rows;
  }
}

constexpr int64_t kTile = 64;  // px: the smallest one, 8 grid cells

/// Of a detector whose tiles are small, beside other changes.
nlohmann::json with_small_tiles(nlohmann::json change) {
  change.merge_patch({{"inference", {{"tile", kTile}}}});
  return change;
}

/// Two tiles, and one of a single grid cell, beside each other.
void expect_same_objects(const nlohmann::json& change, double least_overlap = 0.95) {
  constexpr int64_t kHeight = 420, kWidth = 120;
  expect_same_objects_in_bands(with_small_tiles(change),
                               draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth),
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
    if (best_overlap(object, banded.objects) < 0.95) ++others;
  }
  EXPECT_GT(on_seams, 200) << banded.pieces << " pieces";
  EXPECT_EQ(others, 0);
}

/// Objects of which nothing differs from that of another result, and those that share less than .95 with any.
struct Agreement {
  int64_t to_the_pixel = 0, others = 0;
};

Agreement agreement_of(const std::vector<ObjectPixels>& whole, const std::vector<ObjectPixels>& tiled) {
  Agreement result;
  for (const auto& object : whole) {
    const double best = best_overlap(object, tiled);
    result.to_the_pixel += best == 1;
    result.others += best < 0.95;
  }
  return result;
}

/// Columns where tiles meet: there is a grid cell of padding before the image.
bool is_on_seam_of_tiles(const ObjectPixels& object) {
  return (object.x0 + 8) / kTile != (object.x0 + object.width + 7) / kTile;
}

/// Of a detector as users have it: with local background and mapping, and outlines that follow the pixels.
nlohmann::json settings_of_users() {
  return with_small_tiles({{"intensity", {{"background", "local"}, {"mapping", "local"}, {"saturation", 0}}},
                           {"inference", {{"border_level", 0.4}, {"split_touching", true}}}});
}

TEST(FindInTiles, GivesNearlyAllObjectsOfTheWholeImageToThePixel) {
  constexpr int64_t kHeight = 700, kWidth = 1400;  // 22 tiles and one of a single grid cell
  const auto pixels = draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth);
  for (const auto& change : {with_small_tiles(nlohmann::json::object()), settings_of_users()}) {
    auto detector = trained_detector(change);
    const auto whole = detector.find({pixels, 0}).objects;
    const auto tiled = find_in_bands(detector, pixels, 40);
    EXPECT_GT(std::count_if(whole.begin(), whole.end(), is_on_seam_of_tiles), 200);
    EXPECT_EQ(tiled.objects.size(), whole.size());
    const auto agreement = agreement_of(whole, tiled.objects);
    EXPECT_EQ(agreement.others, 0);
    EXPECT_GT(agreement.to_the_pixel, std::ssize(whole) * 97 / 100) << change << " of " << whole.size();
  }
}

TEST(FindInTiles, OfAnyWidthGivesTheObjectsOfTheWholeImage) {
  constexpr int64_t kHeight = 300;
  for (const int64_t width : {57, 64, 111, 112, 113, 119, 128, 200}) {
    const auto pixels = draw_ellipses(scattered_ellipses(kHeight, width, 3), kHeight, width);
    auto detector = trained_detector(settings_of_users());
    const auto whole = detector.find({pixels, 0}).objects;
    const auto tiled = find_in_bands(detector, pixels, 40);
    EXPECT_EQ(tiled.objects.size(), whole.size()) << width;
    EXPECT_EQ(agreement_of(whole, tiled.objects).others, 0) << width;
  }
}

TEST(FindInTiles, GivesThemInColourInEitherPolarityAndOfStains) {
  constexpr int64_t kHeight = 420, kWidth = 220;
  const auto nuclei = (draw_ellipses(scattered_ellipses(kHeight, kWidth, 3), kHeight, kWidth)[0] - 100) / 200;
  const auto stained = torch::stack({240 - 120 * nuclei, 200 - 150 * nuclei, 230 - 60 * nuclei}).round();
  const nlohmann::json local = {
      {"background", "local"}, {"mapping", "local"}, {"saturation", 0}, {"withstand_artefacts", true}};
  for (const nlohmann::json& look :
       std::vector<nlohmann::json>{{{"polarity", "dark"}},
                                   {{"polarity", "absorbing"}, {"white", 240}},
                                   {{"polarity", "absorbing"}, {"channel", "red"}, {"white", 240}},
                                   {{"channel", "hematoxylin"}}}) {
    auto intensity = local;
    intensity.merge_patch(look);
    expect_same_objects_in_bands(
        with_small_tiles({{"intensity", intensity}, {"inference", {{"border_level", 0.5}}}}), stained);
  }
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
  expect_same_objects_in_bands(with_small_tiles(levels_of_tiny_detector()),
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
        nlohmann::json{{"inference", {{"border_level", 0.5}}}}, settings_of_users()}) {
    auto detector = trained_detector(with_small_tiles(change));
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
