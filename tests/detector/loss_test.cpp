#include "priorseg/detector/loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "priorseg/core/option_names.h"
#include "support/central_differences.h"

namespace priorseg {
namespace {

using test::central_differences;
using test::relative_difference;

LossOptions all_terms() {
  LossOptions options;
  options.alpha = 0.02;
  options.kl_weight = 0.3;
  options.edge_weight = 0.9;
  options.region_weight = 0.7;
  options.object_price = 0.5;
  options.overlap_price = 0.4;
  options.foreground_level = 0.4;
  options.foreground_softness = 0.2;
  return options;
}

LossInput random_input() {
  torch::manual_seed(1);
  const std::vector<int64_t> shape = {2, 1, 4, 5};
  LossInput input;
  input.image_edges = torch::rand(shape, torch::kFloat64);
  input.foreground = torch::rand(shape, torch::kFloat64);
  input.stitched_edges = 1.5 * torch::rand(shape, torch::kFloat64);
  input.stitched_masks = 2 * torch::rand(shape, torch::kFloat64);
  input.presence = torch::rand({6}, torch::kFloat64);
  input.divergence = 3 * torch::rand({6}, torch::kFloat64);
  return input;
}

std::vector<double> values(const torch::Tensor& tensor) {
  const auto flat = tensor.contiguous().view({-1});
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

double mean(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

TEST(DetectorLoss, EqualsItsFormulasPixelByPixel) {
  const auto input = random_input();
  const auto options = all_terms();
  const auto terms = detector_loss(input, options);
  const auto image = values(input.image_edges), recon = values(input.stitched_edges);
  const auto masks = values(input.stitched_masks), foreground = values(input.foreground);
  double explained = 0, both = 0, any = 0, overlap = 0;
  for (size_t i = 0; i < image.size(); ++i) {
    explained += std::pow(std::min(image[i], recon[i]), 2);
    both += std::min(masks[i], foreground[i]);
    any += std::max(masks[i], foreground[i]);
    overlap += std::max(0.0, masks[i] - 1);
  }
  const auto pixels = static_cast<double>(image.size());
  const double edge = 1 - (explained / pixels) / (mean(recon) + options.alpha);
  const double region = 1 - both / (any + 1);  // one pixel more keeps an empty batch finite
  const double presence = mean(values(input.presence));
  const double divergence = mean(values(input.divergence));
  EXPECT_NEAR(terms.edge.item<double>(), edge, 1e-12);
  EXPECT_NEAR(terms.region.item<double>(), region, 1e-12);
  EXPECT_NEAR(terms.presence.item<double>(), presence, 1e-12);
  EXPECT_NEAR(terms.overlap.item<double>(), overlap / pixels, 1e-12);
  EXPECT_NEAR(terms.divergence.item<double>(), divergence, 1e-12);
  EXPECT_NEAR(terms.total.item<double>(),
              0.9 * edge + 0.7 * region + 0.5 * presence + 0.4 * overlap / pixels + 0.3 * divergence, 1e-12);
}

TEST(DetectorLoss, OfEachImageIsAveragedWhereTheEdgesAreNotPooledOverTheBatch) {
  const auto input = random_input();
  auto options = all_terms();
  options.edge_pooling = EdgePooling::kImage;
  const auto image = values(input.image_edges), recon = values(input.stitched_edges);
  const size_t images = 2, pixels = image.size() / images;
  double expected = 0;
  for (size_t b = 0; b < images; ++b) {
    double explained = 0, drawn = 0;
    for (size_t i = b * pixels; i < (b + 1) * pixels; ++i) {
      explained += std::pow(std::min(image[i], recon[i]), 2);
      drawn += recon[i];
    }
    const auto n = static_cast<double>(pixels);
    expected += (1 - explained / n / (drawn / n + options.alpha)) / static_cast<double>(images);
  }
  const auto terms = detector_loss(input, options);
  EXPECT_NEAR(terms.edge.item<double>(), expected, 1e-12);
  EXPECT_GT(std::abs(terms.edge.item<double>() - detector_loss(input, all_terms()).edge.item<double>()),
            1e-6);
}

TEST(DetectorLoss, OfOneImageIsTheSameHoweverEdgesArePooled) {
  auto input = random_input();
  for (auto* map : {&input.image_edges, &input.foreground, &input.stitched_edges, &input.stitched_masks})
    *map = map->slice(0, 0, 1);
  auto options = all_terms();
  const double pooled = detector_loss(input, options).total.item<double>();
  options.edge_pooling = EdgePooling::kImage;
  EXPECT_NEAR(detector_loss(input, options).total.item<double>(), pooled, 1e-12);
}

// A dim image beside a bright one: an outline on its faint edge raises the pooled loss, because the bright
// image explains a larger share, and lowers that of its own image.
TEST(DetectorLoss, BrightImageDoesNotForbidTheOutlinesOfADimOneWhereEdgesAreOfEachImage) {
  auto input = random_input();
  input.image_edges = torch::zeros({2, 1, 8, 8}, torch::kFloat64);
  input.image_edges[0].select(1, 4).fill_(1.0);
  input.image_edges[1].select(1, 4).fill_(0.3);
  const auto left_out = torch::zeros_like(input.image_edges);
  left_out[0].select(1, 4).fill_(1);
  auto drawn = left_out.clone();
  drawn[1].select(1, 4).fill_(0.3);
  input.foreground = input.stitched_masks = torch::zeros_like(drawn);
  const auto edge = [&](const torch::Tensor& stitched, EdgePooling pooling) {
    auto options = all_terms();
    options.edge_pooling = pooling;
    input.stitched_edges = stitched;
    return detector_loss(input, options).edge.item<double>();
  };
  EXPECT_GT(edge(drawn, EdgePooling::kBatch), edge(left_out, EdgePooling::kBatch));
  EXPECT_LT(edge(drawn, EdgePooling::kImage), edge(left_out, EdgePooling::kImage));
}

class DetectorLossPooled : public testing::TestWithParam<EdgePooling> {};
INSTANTIATE_TEST_SUITE_P(DetectorLoss, DetectorLossPooled,
                         testing::Values(EdgePooling::kBatch, EdgePooling::kImage),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(DetectorLossPooled, GradientEqualsCentralDifferences) {
  auto input = random_input();
  auto options = all_terms();
  options.edge_pooling = GetParam();
  const auto total = [&] { return detector_loss(input, options).total; };
  const std::vector<torch::Tensor*> inputs = {&input.stitched_edges, &input.stitched_masks, &input.presence,
                                              &input.divergence};
  for (auto* tensor : inputs) tensor->requires_grad_();
  total().backward();
  for (auto* tensor : inputs)
    EXPECT_LT(relative_difference(tensor->grad(), central_differences(total, *tensor)), 1e-7);
}

TEST(DetectorLoss, OfThePaperIsOneWithoutOutlinesAndFallsWhenTheyExplainTheImage) {
  const auto edges = torch::zeros({1, 1, 8, 8}, torch::kFloat64);
  edges.select(2, 4).fill_(1);
  const auto edge_loss = [&](const torch::Tensor& stitched) {
    auto input = random_input();
    input.image_edges = edges;
    input.stitched_edges = stitched;
    input.foreground = input.stitched_masks = torch::zeros_like(edges);
    return detector_loss(input, all_terms()).edge.item<double>();
  };
  EXPECT_EQ(edge_loss(torch::zeros_like(edges)), 1);
  EXPECT_LT(edge_loss(edges), 0.2);
  EXPECT_GT(edge_loss(0.5 * edges), edge_loss(edges));               // too faint
  EXPECT_GT(edge_loss(2 * edges), edge_loss(edges));                 // drawn twice
  EXPECT_GT(edge_loss(edges.roll(2, 2)), 0.99);                      // beside the edge
  EXPECT_GT(edge_loss(edges + edges.roll(2, 2)), edge_loss(edges));  // one edge too many
}

TEST(DetectorLoss, RegionTermIsLowestWhereMasksCoverTheForeground) {
  auto input = random_input();
  const auto region = [&](const torch::Tensor& masks) {
    input.stitched_masks = masks;
    return detector_loss(input, all_terms()).region.item<double>();
  };
  const double exact = region(input.foreground);
  EXPECT_LT(exact, region(0.7 * input.foreground));
  EXPECT_LT(exact, region(1.3 * input.foreground));
}

TEST(DetectorLoss, StaysFiniteWithItsGradientWhereNothingIsThere) {
  LossInput input;
  const auto zeros = [] { return torch::zeros({1, 1, 4, 4}); };
  input.image_edges = zeros(), input.foreground = zeros();
  input.stitched_edges = zeros().requires_grad_(), input.stitched_masks = zeros().requires_grad_();
  input.presence = torch::zeros({3}), input.divergence = torch::zeros({3});
  const auto terms = detector_loss(input, all_terms());
  terms.total.backward();
  EXPECT_TRUE(std::isfinite(terms.total.item<float>()));
  EXPECT_TRUE(input.stitched_edges.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(input.stitched_masks.grad().isfinite().all().item<bool>());
}

TEST(ForegroundMap, IsOneHalfAtTheLevelAndRisesWithTheIntensity) {
  const auto options = all_terms();
  const auto mapped = torch::tensor({0.0, 0.2, 0.4, 0.6, 1.0}, torch::kFloat64);
  const auto found = foreground_map(mapped, options);
  for (int64_t i = 0; i < 5; ++i) {
    const double m = mapped[i].item<double>();
    EXPECT_NEAR(found[i].item<double>(), 1 / (1 + std::exp(-(m - 0.4) / 0.2)), 1e-12);
  }
  EXPECT_EQ(found[2].item<double>(), 0.5);
}

}  // namespace
}  // namespace priorseg
