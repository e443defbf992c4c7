#include "priorseg/detector/refine.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/ops/rasterize.h"

namespace priorseg {
namespace {

using namespace test;

/// What a trained detector found in an image that takes several tiles, with boxes in px of the network image.
struct Scene {
  std::vector<Ellipse> ellipses = scattered_ellipses(400, 120, 3);
  torch::Tensor pixels = draw_ellipses(ellipses, 400, 120);
  Detector detector = trained_detector();
  NetworkImage image = prepare_image({pixels, 0}, detector.options(), detector.scale());
  Instances found = [this] {
    Instances result = detector.find({pixels, 0}).instances;
    result.boxes.slice(1, 0, 2) += static_cast<double>(image.padding);
    result.height = image.mapped.size(0);
    result.width = image.mapped.size(1);
    return result;
  }();

  Instances refine(const Instances& objects, int64_t steps) const {
    return refine_outlines(objects, image, detector.prior(), detector.options(), steps);
  }

  /// Mean IoU of the ellipses with the object that covers each best.
  double mean_overlap(const Instances& objects) const {
    Instances in_image = objects;
    in_image.boxes = objects.boxes.clone();
    in_image.boxes.slice(1, 0, 2) -= static_cast<double>(image.padding);
    in_image.height = 400;
    in_image.width = 120;
    double sum = 0;
    const auto pixels_of_objects = rasterize(in_image, 0.5);
    for (const auto& ellipse : ellipses) {
      const auto truth = test::pixels_of(ellipse, 400, 120);
      double best = 0;
      for (const auto& object : pixels_of_objects) {
        const auto mask = test::pixels_of(object, 400, 120);
        best = std::max(best, (mask & truth).sum().item<double>() / (mask | truth).sum().item<double>());
      }
      sum += best / static_cast<double>(ellipses.size());
    }
    return sum;
  }
};

TEST(RefineOutlines, NoStepsChangeNothing) {
  const Scene scene;
  const auto same = scene.refine(scene.found, 0);
  EXPECT_TRUE(same.boxes.equal(scene.found.boxes));
  EXPECT_TRUE(same.masks.equal(scene.found.masks));
}

TEST(RefineOutlines, NoObjectsAreNoWork) {
  const Scene scene;
  EXPECT_EQ(scene.refine(scene.found.select(torch::zeros({0}, torch::kInt64)), 5).size(), 0);
}

TEST(RefineOutlines, BringsDisplacedOutlinesBack) {
  const Scene scene;
  ASSERT_GT(scene.found.size(), 40);
  Instances displaced = scene.found;
  torch::manual_seed(5);
  displaced.boxes = scene.found.boxes + 1.5 * torch::randn(scene.found.boxes.sizes());
  const double before = scene.mean_overlap(displaced),
               after = scene.mean_overlap(scene.refine(displaced, 60));
  EXPECT_LT(before, 0.82);
  EXPECT_GT(after, before + 0.05);
}

TEST(RefineOutlines, DoesNotDependOnTheOrderOfTheObjects) {
  const Scene scene;
  const auto order = torch::arange(scene.found.size() - 1, -1, -1, torch::kInt64);
  const auto refined = scene.refine(scene.found, 10), turned = scene.refine(scene.found.select(order), 10);
  EXPECT_TRUE(turned.select(order).boxes.allclose(refined.boxes, 0, 0.02));
  EXPECT_FALSE(refined.boxes.allclose(scene.found.boxes, 0, 0.02));
}

TEST(RefineOutlines, MovesNoBoxFurtherThanItMay) {
  const Scene scene;
  Instances far = scene.found;
  far.boxes = scene.found.boxes.clone();
  far.boxes.select(1, 0) += 9;
  const auto refined = scene.refine(far, 300);
  const auto side = (far.boxes.select(1, 2) * far.boxes.select(1, 3)).sqrt();
  for (int64_t axis = 0; axis < 2; ++axis) {
    const auto share = ((refined.boxes.select(1, axis) - far.boxes.select(1, axis)) / side).abs();
    EXPECT_LE(share.max().item<double>(), kMostShift + 1e-4);
  }
  const auto growth = torch::log(refined.boxes.slice(1, 2, 4) / far.boxes.slice(1, 2, 4)).abs();
  EXPECT_LE(growth.max().item<double>(), kMostShift + 1e-4);
}

TEST(RefineOutlines, LeavesObjectsThatAreDimmerThanTheForegroundAsTheyAre) {
  Scene scene;
  const auto refined = scene.refine(scene.found, 3);
  scene.image.mapped = scene.image.mapped * 0.4;  // below the foreground level of 0.5
  const auto dim = scene.refine(scene.found, 3);
  EXPECT_FALSE(refined.boxes.equal(scene.found.boxes));
  EXPECT_TRUE(dim.boxes.equal(scene.found.boxes));
  EXPECT_TRUE(dim.latents.equal(scene.found.latents));
}

TEST(RefineOutlines, LeavesThePriorAsItIs) {
  const Scene scene;
  const auto before = weights_of(scene.detector);
  scene.refine(scene.found, 5);
  const auto after = weights_of(scene.detector);
  for (const auto& [name, tensor] : before) EXPECT_TRUE(after.at(name).equal(tensor)) << name;
}

}  // namespace
}  // namespace priorseg
