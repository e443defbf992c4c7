#include "priorseg/detector/open_outlines.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "detector/tiny_detector.h"
#include "priorseg/detector/pixel_outline.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/clean_image.h"

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

ObjectPixels object_of(const Ellipse& ellipse) {
  const auto map = pixels_of(ellipse, kHeight, kWidth);
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
      outlines.add(detections_of(crowd.objects, all), OpenOutlines::kAllRows, crowd.clean, {0, kHeight});
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

TEST(OpenOutlines, AreTheSameInPiecesAsAtOnce) {
  const auto crowd = crowded_image();
  const auto expected = outlined_at_once(crowd);
  for (const int64_t step : {7, 40, 120}) {
    OpenOutlines outlines(0.4, kHeight, kWidth);
    std::vector<bool> is_given(crowd.objects.size());
    size_t count = 0;
    for (int64_t row = step; row < kHeight + step; row += step) {
      const bool is_last = row >= kHeight;
      // What begins above the row is settled; the order among those that share pixels is that of their
      // number.
      std::vector<int64_t> settled;
      int64_t complete = row;
      for (size_t i = 0; i < crowd.objects.size(); ++i)
        if (!is_given[i] && (is_last || crowd.objects[i].y0 < row))
          settled.push_back(static_cast<int64_t>(i));
      // A worse one that waits for a better one below it is not settled yet.
      std::vector<int64_t> ready;
      for (const int64_t i : settled) {
        const auto& object = crowd.objects[static_cast<size_t>(i)];
        bool waits = false;
        for (int64_t better = 0; better < i; ++better) {
          const bool is_open = !is_given[static_cast<size_t>(better)] &&
                               std::find(ready.begin(), ready.end(), better) == ready.end();
          const auto& other = crowd.objects[static_cast<size_t>(better)];
          waits |= is_open && (map_of(object) & map_of(other)).any().item<bool>();
        }
        if (waits) complete = std::min(complete, object.y0);
        if (!waits) ready.push_back(i);
      }
      for (const int64_t i : ready) is_given[static_cast<size_t>(i)] = true;
      const int64_t first = outlines.first_row(), last = std::min(kHeight, row + kOutlineMargin);
      const auto found =
          outlines.add(detections_of(crowd.objects, ready), is_last ? OpenOutlines::kAllRows : complete,
                       crowd.clean.slice(1, first, last), {first, last});
      for (size_t k = 0; k < found.objects.size(); ++k, ++count) {
        EXPECT_GE(found.objects[k].y0, first);
        const auto number = found.instances.scores[static_cast<int64_t>(k)].item<int64_t>();
        EXPECT_EQ(everything(found.objects[k]), everything(expected.at(number))) << step << " " << number;
      }
    }
    EXPECT_EQ(count, expected.size());
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

}  // namespace
}  // namespace priorseg
