#include "priorseg/ops/rasterize.h"

#include <limits>

#include "operator_cases.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

Instances instances_of(const torch::Tensor& boxes, const torch::Tensor& masks, int64_t height,
                       int64_t width) {
  const int64_t n = boxes.size(0);
  return {boxes, torch::ones({n}), torch::zeros({n, 0}), masks, height, width};
}

/// The object as a full-size picture.
torch::Tensor picture_of(const ObjectPixels& object, int64_t height, int64_t width) {
  auto picture = torch::zeros({height, width}, torch::kUInt8);
  for (int64_t y = 0; y < object.height; ++y)
    for (int64_t x = 0; x < object.width; ++x)
      picture[object.y0 + y][object.x0 + x] = object.bits[y * object.width + x];
  return picture;
}

TEST(Rasterize, AgreesWithStitchAtTheThreshold) {
  torch::manual_seed(2);
  const auto boxes = awkward_boxes(torch::kFloat32);
  const auto masks = torch::rand({boxes.size(0), 16, 16});
  for (const double threshold : {0.1, 0.5, 0.9}) {
    const auto objects = rasterize(instances_of(boxes, masks, 20, 26), threshold);
    ASSERT_EQ(objects.size(), static_cast<size_t>(boxes.size(0)));
    for (int64_t n = 0; n < boxes.size(0); ++n) {
      const auto values = stitch(masks.slice(0, n, n + 1).unsqueeze(1), boxes.slice(0, n, n + 1),
                                 torch::zeros({1}, torch::kInt64), 1, {20, 26})[0][0];
      EXPECT_TRUE(torch::equal(picture_of(objects[n], 20, 26), (values >= threshold).to(torch::kUInt8))) << n;
    }
  }
}

TEST(Rasterize, CutsTheBitmapToTheSetPixels) {
  auto masks = torch::zeros({1, 8, 8});
  masks[0].slice(0, 2, 4).slice(1, 3, 8).fill_(1);
  const auto objects = rasterize(instances_of(torch::tensor({{14.f, 10.f, 8.f, 8.f}}), masks, 20, 30), 0.5);
  EXPECT_EQ(objects[0].x0, 13);
  EXPECT_EQ(objects[0].y0, 8);
  EXPECT_EQ(objects[0].width, 5);
  EXPECT_EQ(objects[0].height, 2);
  EXPECT_EQ(objects[0].area, 10);
  EXPECT_EQ(objects[0].bits, std::vector<uint8_t>(10, 1));
}

TEST(Rasterize, CutsObjectsAtTheBorderOfTheImage) {
  const auto boxes = torch::tensor({{0.f, 0.f, 8.f, 8.f}, {30.f, 20.f, 8.f, 8.f}});
  const auto objects = rasterize(instances_of(boxes, torch::ones({2, 8, 8}), 20, 30), 0.5);
  EXPECT_EQ(objects[0].x0, 0);
  EXPECT_EQ(objects[0].y0, 0);
  EXPECT_EQ(objects[0].area, 16);
  EXPECT_EQ(objects[1].x0, 26);
  EXPECT_EQ(objects[1].y0, 16);
  EXPECT_EQ(objects[1].area, 16);
}

TEST(Rasterize, KeepsPixelsWhoseValueIsTheThreshold) {
  const auto instances =
      instances_of(torch::tensor({{8.f, 8.f, 4.f, 4.f}}), torch::full({1, 4, 4}, 0.5f), 16, 16);
  EXPECT_EQ(rasterize(instances, 0.5)[0].area, 16);
  EXPECT_EQ(rasterize(instances, 0.5001)[0].area, 0);
}

TEST(Rasterize, GivesObjectsWithoutPixelsWhereNothingIsCovered) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto boxes = torch::tensor({{-50.f, 5.f, 8.f, 8.f}, {5.f, nan, 8.f, 8.f}, {5.f, 5.f, 1e-9f, 1e-9f}});
  for (const auto& object : rasterize(instances_of(boxes, torch::ones({3, 8, 8}), 20, 30), 0.5)) {
    EXPECT_EQ(object.area, 0);
    EXPECT_EQ(object.height, 0);
    EXPECT_EQ(object.width, 0);
    EXPECT_TRUE(object.bits.empty());
  }
}

TEST(Rasterize, TakesNoInstances) { EXPECT_TRUE(rasterize(Instances{}, 0.5).empty()); }

TEST(Rasterize, NamesTheArgumentThatIsWrong) {
  const auto boxes = torch::ones({2, 4});
  const auto message = [](const Instances& instances, double threshold) {
    return error_message([&] { rasterize(instances, threshold); });
  };
  EXPECT_EQ(message(instances_of(boxes, torch::ones({2, 8, 7}), 9, 9), 0.5),
            "masks of the instances has shape [2,8,7], expected [2,8,8]");
  EXPECT_EQ(message(instances_of(boxes, torch::ones({3, 8, 8}), 9, 9), 0.5),
            "masks of the instances has shape [3,8,8], expected [2,*,*]");
  EXPECT_EQ(message(instances_of(boxes, torch::ones({2, 8, 8}, torch::kFloat64), 9, 9), 0.5),
            "masks of the instances are Double on cpu, expected Float on cpu");
  EXPECT_EQ(message(instances_of(boxes, torch::ones({2, 8, 8}), 9, 9), 1.5),
            "the mask threshold is 1.500000, expected a number between 0 and 1");
}

}  // namespace
}  // namespace priorseg
