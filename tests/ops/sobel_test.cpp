#include "priorseg/ops/sobel.h"

#include <cmath>

#include "operator_cases.h"

namespace priorseg {
namespace {

using SobelForm = decltype(&sobel_magnitude);

/// The definition in the header, pixel by pixel.
torch::Tensor sobel_by_definition(const torch::Tensor& maps) {
  const auto magnitude = torch::zeros_like(maps).contiguous();
  const int64_t height = maps.size(2), width = maps.size(3);
  const auto in = maps.accessor<double, 4>();
  auto out = magnitude.accessor<double, 4>();
  constexpr double kWeights[3] = {1, 2, 1};
  for (int64_t n = 0; n < maps.size(0); ++n)
    for (int64_t c = 0; c < maps.size(1); ++c)
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
          const auto value = [&](int64_t row, int64_t column) {
            return in[n][c][std::clamp<int64_t>(row, 0, height - 1)]
                     [std::clamp<int64_t>(column, 0, width - 1)];
          };
          double gx = 0, gy = 0;
          for (int64_t k = -1; k <= 1; ++k) {
            gx += kWeights[k + 1] * (value(y + k, x + 1) - value(y + k, x - 1));
            gy += kWeights[k + 1] * (value(y + 1, x + k) - value(y - 1, x + k));
          }
          out[n][c][y][x] = std::sqrt(gx * gx + gy * gy + 1e-12) / 4;
        }
  return magnitude;
}

torch::Tensor gradient_of(SobelForm form, const torch::Tensor& maps, const torch::Tensor& weights) {
  const auto leaf = maps.detach().clone().requires_grad_();
  (form(leaf) * weights).sum().backward();
  return leaf.grad();
}

class SobelForms : public testing::TestWithParam<SobelForm> {};
INSTANTIATE_TEST_SUITE_P(Sobel, SobelForms,
                         testing::Values(&sobel_magnitude_portable, &sobel_magnitude_kernel),
                         [](const auto& info) { return info.index == 0 ? "Portable" : "Kernel"; });

const std::vector<std::vector<int64_t>> kShapes{
    {2, 3, 9, 21}, {1, 1, 1, 1}, {1, 2, 1, 7}, {2, 1, 7, 1}, {1, 1, 2, 2}};

TEST_P(SobelForms, FollowsTheDefinition) {
  for (const auto& shape : kShapes) {
    const auto maps = torch::randn(shape, torch::kFloat64);
    EXPECT_LT(relative_difference(GetParam()(maps), sobel_by_definition(maps)), 1e-12) << maps.sizes();
  }
}

TEST_P(SobelForms, GradientAgreesWithCentralDifferences) {
  for (const auto& shape : kShapes) {
    const auto maps = torch::randn(shape, torch::kFloat64);
    const auto weights = torch::randn(shape, torch::kFloat64);
    const auto expected =
        central_differences([&] { return (sobel_by_definition(maps) * weights).sum(); }, maps);
    EXPECT_LT(relative_difference(gradient_of(GetParam(), maps, weights), expected), 1e-6) << maps.sizes();
  }
}

TEST_P(SobelForms, UnitStepGivesOneOnThePixelsBesideIt) {
  auto maps = torch::zeros({1, 1, 6, 8});
  maps.slice(3, 4, 8).fill_(1);
  const auto row = GetParam()(maps)[0][0][2];
  const auto expected = torch::tensor({0.f, 0.f, 0.f, 1.f, 1.f, 0.f, 0.f, 0.f});
  EXPECT_LT(relative_difference(row, expected), 1e-6);
}

TEST_P(SobelForms, FlatMapHasAFiniteGradient) {
  const auto maps = torch::full({1, 1, 5, 5}, 0.7f);
  EXPECT_TRUE(torch::isfinite(gradient_of(GetParam(), maps, torch::ones_like(maps))).all().item<bool>());
}

TEST_P(SobelForms, TakesNoMapsAndNoPixels) {
  EXPECT_EQ(GetParam()(torch::zeros({0, 2, 5, 5})).sizes(), (std::vector<int64_t>{0, 2, 5, 5}));
  EXPECT_EQ(GetParam()(torch::zeros({1, 2, 0, 5})).sizes(), (std::vector<int64_t>{1, 2, 0, 5}));
}

TEST_P(SobelForms, NamesTheArgumentThatIsWrong) {
  EXPECT_EQ(error_message([&] {
              GetParam()(torch::zeros({5, 5}));
            }),
            "maps has shape [5,5], expected [*,*,*,*]");
  EXPECT_EQ(error_message([&] {
              GetParam()(torch::zeros({1, 1, 5, 5}, torch::kInt32));
            }),
            "maps has dtype Int, expected a floating-point dtype");
}

TEST(SobelKernel, AgreesWithThePortableForm) {
  torch::manual_seed(1);
  for (const auto dtype : {torch::kFloat32, torch::kFloat64}) {
    const auto maps = torch::randn({40, 2, 32, 32}, dtype), weights = torch::randn({40, 2, 32, 32}, dtype);
    const double tolerance = dtype == torch::kFloat32 ? 1e-5 : 1e-12;
    EXPECT_LT(relative_difference(sobel_magnitude_kernel(maps), sobel_magnitude_portable(maps)), tolerance);
    EXPECT_LT(relative_difference(gradient_of(&sobel_magnitude_kernel, maps, weights),
                                  gradient_of(&sobel_magnitude_portable, maps, weights)),
              tolerance);
  }
}

TEST(SobelKernel, TakesTensorsThatAreNotContiguous) {
  const auto maps = torch::randn({2, 3, 9, 11}, torch::kFloat64);
  const auto strided = maps.to(torch::MemoryFormat::ChannelsLast);
  const auto weights = torch::randn({11, 9, 3, 2}, torch::kFloat64).permute({3, 2, 1, 0});
  EXPECT_TRUE(torch::equal(sobel_magnitude_kernel(strided), sobel_magnitude_kernel(maps)));
  EXPECT_TRUE(torch::equal(gradient_of(&sobel_magnitude_kernel, strided, weights),
                           gradient_of(&sobel_magnitude_kernel, maps, weights.contiguous())));
}

TEST(SobelKernel, GivesTheSameBitsOnOneAndTwoThreads) {
  const auto maps = torch::randn({100, 1, 32, 32}), weights = torch::randn({100, 1, 32, 32});
  const auto all = [&](int threads) {
    const ThreadCount count(threads);
    return std::make_pair(sobel_magnitude_kernel(maps), gradient_of(&sobel_magnitude_kernel, maps, weights));
  };
  const auto one = all(1), two = all(2);
  EXPECT_TRUE(torch::equal(one.first, two.first));
  EXPECT_TRUE(torch::equal(one.second, two.second));
}

TEST(Sobel, ChoosesTheKernelOnTheCpu) {
  const auto maps = torch::randn({1, 1, 9, 9});
  EXPECT_TRUE(torch::equal(sobel_magnitude(maps), sobel_magnitude_kernel(maps)));
}

}  // namespace
}  // namespace priorseg
