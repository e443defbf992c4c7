#include "priorseg/ops/stitch.h"

#include <cmath>
#include <limits>

#include "operator_cases.h"
#include "priorseg/ops/crop.h"

namespace priorseg {
namespace {

constexpr std::array<int64_t, 2> kImageSize{20, 26};
constexpr int64_t kNumImages = 3;

/// The definition in the header, pixel by pixel.
torch::Tensor stitch_by_definition(const torch::Tensor& patches, const torch::Tensor& boxes,
                                   const torch::Tensor& image_of_box) {
  const auto images =
      torch::zeros({kNumImages, patches.size(1), kImageSize[0], kImageSize[1]}, torch::kFloat64);
  const auto p = patches.accessor<double, 4>();
  const auto box = boxes.accessor<double, 2>();
  const auto image = image_of_box.accessor<int64_t, 1>();
  auto out = images.accessor<double, 4>();
  const int64_t size = patches.size(2);
  const auto entry = [&](int64_t n, int64_t c, int64_t i, int64_t j) {
    return i >= 0 && i < size && j >= 0 && j < size ? p[n][c][i][j] : 0.0;
  };
  for (int64_t n = 0; n < patches.size(0); ++n)
    for (int64_t c = 0; c < patches.size(1); ++c)
      for (int64_t y = 0; y < kImageSize[0]; ++y)
        for (int64_t x = 0; x < kImageSize[1]; ++x) {
          const double u = ((x + 0.5 - box[n][0]) / box[n][3] + 0.5) * size - 0.5;
          const double v = ((y + 0.5 - box[n][1]) / box[n][2] + 0.5) * size - 0.5;
          if (std::abs(u) > 1e6 || std::abs(v) > 1e6) continue;
          const auto j = static_cast<int64_t>(std::floor(u)), i = static_cast<int64_t>(std::floor(v));
          const double right = u - j, down = v - i;
          out[image[n]][c][y][x] +=
              (1 - down) * (1 - right) * entry(n, c, i, j) + (1 - down) * right * entry(n, c, i, j + 1) +
              down * (1 - right) * entry(n, c, i + 1, j) + down * right * entry(n, c, i + 1, j + 1);
        }
  return images;
}

struct StitchInputs {
  torch::Tensor patches, boxes, image_of_box;
};

StitchInputs awkward_inputs(torch::ScalarType dtype, int64_t size) {
  torch::manual_seed(7);
  const auto boxes = awkward_boxes(dtype);
  return {torch::randn({boxes.size(0), 2, size, size}, torch::kFloat64).to(dtype), boxes,
          awkward_images_of_boxes()};
}

using StitchForm = decltype(&stitch);

torch::Tensor run(StitchForm form, const StitchInputs& in) {
  return form(in.patches, in.boxes, in.image_of_box, kNumImages, kImageSize);
}

/// Value and both gradients of a weighted sum.
struct StitchDerived {
  torch::Tensor value, grad_patches, grad_boxes;
};

StitchDerived differentiate(StitchForm form, const StitchInputs& in, const torch::Tensor& weights) {
  const StitchInputs leaf{in.patches.detach().clone().requires_grad_(),
                          in.boxes.detach().clone().requires_grad_(), in.image_of_box};
  const auto value = run(form, leaf);
  (value * weights).sum().backward();
  return {value.detach(), leaf.patches.grad(), leaf.boxes.grad()};
}

class StitchForms : public testing::TestWithParam<StitchForm> {};
INSTANTIATE_TEST_SUITE_P(Stitch, StitchForms, testing::Values(&stitch_portable, &stitch_kernel),
                         [](const auto& info) { return info.index == 0 ? "Portable" : "Kernel"; });

TEST_P(StitchForms, FollowsTheDefinition) {
  for (const int64_t size : {1, 2, 5, 32}) {
    const auto in = awkward_inputs(torch::kFloat64, size);
    const auto expected = stitch_by_definition(in.patches, in.boxes, in.image_of_box);
    EXPECT_LT(relative_difference(run(GetParam(), in), expected), 1e-9) << "patch side " << size;
  }
}

TEST_P(StitchForms, GradientsAgreeWithCentralDifferences) {
  const auto in = awkward_inputs(torch::kFloat64, 4);
  const auto weights = torch::randn({kNumImages, 2, kImageSize[0], kImageSize[1]}, torch::kFloat64);
  const auto derived = differentiate(GetParam(), in, weights);
  const auto weighted_sum = [&] {
    return (stitch_by_definition(in.patches, in.boxes, in.image_of_box) * weights).sum();
  };
  EXPECT_LT(relative_difference(derived.grad_patches, central_differences(weighted_sum, in.patches)), 1e-6);
  EXPECT_LT(relative_difference(derived.grad_boxes, central_differences(weighted_sum, in.boxes)), 1e-6);
}

TEST_P(StitchForms, DropsBoxesOutsideTheImage) {
  const StitchInputs in{torch::ones({2, 1, 8, 8}),
                        torch::tensor({{-50.f, 5.f, 9.f, 9.f}, {5.f, 1e9f, 9.f, 9.f}}),
                        torch::tensor({0, 2}, torch::kInt64)};
  EXPECT_EQ(run(GetParam(), in).abs().sum().item<float>(), 0.f);
}

TEST_P(StitchForms, AddsNothingForBoxesThatAreNotNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  const StitchInputs in{torch::ones({5, 1, 8, 8}),
                        torch::tensor({{nan, 5.f, 9.f, 9.f},
                                       {5.f, 5.f, nan, 9.f},
                                       {5.f, 5.f, 9.f, infinite},
                                       {5.f, 5.f, 0.f, 9.f},
                                       {5.f, 5.f, 9.f, -3.f}}),
                        torch::zeros({5}, torch::kInt64)};
  const auto derived =
      differentiate(GetParam(), in, torch::ones({kNumImages, 1, kImageSize[0], kImageSize[1]}));
  EXPECT_EQ(derived.value.abs().sum().item<float>(), 0.f);
  EXPECT_EQ(derived.grad_patches.abs().sum().item<float>(), 0.f);
  EXPECT_EQ(derived.grad_boxes.abs().sum().item<float>(), 0.f);
}

TEST_P(StitchForms, StaysFiniteForExtremeBoxes) {
  const StitchInputs in{torch::ones({4, 1, 8, 8}),
                        torch::tensor({{5.f, 5.f, 1e-6f, 1e-6f},
                                       {5.5f, 5.5f, 1e-6f, 9.f},
                                       {5.f, 5.f, 1e12f, 1e12f},
                                       {1e20f, 5.f, 9.f, 1e3f}}),
                        torch::zeros({4}, torch::kInt64)};
  const auto derived =
      differentiate(GetParam(), in, torch::ones({kNumImages, 1, kImageSize[0], kImageSize[1]}));
  EXPECT_TRUE(torch::isfinite(derived.value).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(derived.grad_patches).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(derived.grad_boxes).all().item<bool>());
}

TEST_P(StitchForms, WithoutBoxesGivesZerosAndStaysDifferentiable) {
  const StitchInputs in{torch::zeros({0, 2, 8, 8}).requires_grad_(), torch::zeros({0, 4}).requires_grad_(),
                        torch::zeros({0}, torch::kInt64)};
  const auto images = run(GetParam(), in);
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{kNumImages, 2, kImageSize[0], kImageSize[1]}));
  EXPECT_EQ(images.abs().sum().item<float>(), 0.f);
  images.sum().backward();
  EXPECT_EQ(in.patches.grad().sizes(), in.patches.sizes());
}

TEST_P(StitchForms, OverlappingPatchesAreAdded) {
  const StitchInputs in{torch::ones({2, 1, 8, 8}),
                        torch::tensor({{10.f, 10.f, 8.f, 8.f}, {12.f, 10.f, 8.f, 8.f}}),
                        torch::zeros({2}, torch::kInt64)};
  const auto images = run(GetParam(), in);
  EXPECT_NEAR(images[0][0][9][7].item<float>(), 1.f, 1e-5);
  EXPECT_NEAR(images[0][0][9][10].item<float>(), 2.f, 1e-5);
  EXPECT_NEAR(images[0][0][9][15].item<float>(), 1.f, 1e-5);
  EXPECT_NEAR(images[1].abs().sum().item<float>(), 0.f, 1e-5);
}

TEST_P(StitchForms, PutsACroppedBoxBack) {
  // Boxes whose samples fall on pixel centres: crop reads the pixels, stitch writes them to where they were.
  const auto images = torch::rand({kNumImages, 2, kImageSize[0], kImageSize[1]}, torch::kFloat64);
  const auto boxes = torch::tensor({{8.0, 7.0, 6.0, 6.0}, {16.0, 12.0, 6.0, 6.0}}, torch::kFloat64);
  const StitchInputs in{crop_portable(images, boxes, torch::tensor({0, 2}, torch::kInt64), 6), boxes,
                        torch::tensor({0, 2}, torch::kInt64)};
  auto expected = torch::zeros_like(images);
  expected[0].slice(1, 4, 10).slice(2, 5, 11) = images[0].slice(1, 4, 10).slice(2, 5, 11);
  expected[2].slice(1, 9, 15).slice(2, 13, 19) = images[2].slice(1, 9, 15).slice(2, 13, 19);
  EXPECT_LT(relative_difference(run(GetParam(), in), expected), 1e-12);
}

TEST_P(StitchForms, NamesTheArgumentThatIsWrong) {
  const StitchInputs good{torch::ones({2, 1, 8, 8}), torch::ones({2, 4}), torch::zeros({2}, torch::kInt64)};
  const auto message = [&](const StitchInputs& in) { return error_message([&] { run(GetParam(), in); }); };
  EXPECT_EQ(message({torch::ones({2, 1, 8, 7}), good.boxes, good.image_of_box}),
            "patches has shape [2,1,8,7], expected [*,*,8,8]");
  EXPECT_EQ(message({good.patches, torch::ones({3, 4}), good.image_of_box}),
            "boxes has shape [3,4], expected [2,4]");
  EXPECT_EQ(message({good.patches, good.boxes, torch::zeros({3}, torch::kInt64)}),
            "image_of_box has shape [3], expected [2]");
  EXPECT_EQ(message({good.patches, good.boxes.to(torch::kFloat64), good.image_of_box}),
            "boxes have dtype Double, expected that of patches, Float");
  EXPECT_EQ(message({good.patches, good.boxes, torch::zeros({2})}),
            "image_of_box has dtype Float, expected int64 (Long)");
  EXPECT_EQ(message({good.patches, good.boxes, torch::tensor({0, 3}, torch::kInt64)}),
            "image_of_box holds 3, expected an index of one of 3 images");
  EXPECT_EQ(message({good.patches, good.boxes, torch::tensor({0, -1}, torch::kInt64)}),
            "image_of_box holds -1, expected an index of one of 3 images");
  EXPECT_EQ(message({torch::Tensor(), good.boxes, good.image_of_box}),
            "patches has no shape (undefined), expected [*,*,*,*]");
  EXPECT_EQ(message({good.patches.to(torch::kInt64), good.boxes, good.image_of_box}),
            "patches has dtype Long, expected a floating-point dtype");
}

TEST(StitchKernel, AgreesWithThePortableFormOnRandomBoxes) {
  torch::manual_seed(11);
  for (const auto dtype : {torch::kFloat32, torch::kFloat64}) {
    const auto options = torch::TensorOptions(dtype);
    const auto centers = torch::rand({150, 2}, options) * torch::tensor({34.0, 28.0}, options) - 4;
    const StitchInputs in{torch::randn({150, 3, 16, 16}, options),
                          torch::cat({centers, torch::exp(torch::rand({150, 2}, options) * 5 - 1)}, 1),
                          torch::randint(kNumImages, {150}, torch::kInt64)};
    const auto weights = torch::randn({kNumImages, 3, kImageSize[0], kImageSize[1]}, options);
    const auto kernel = differentiate(&stitch_kernel, in, weights);
    const auto portable = differentiate(&stitch_portable, in, weights);
    const double tolerance = dtype == torch::kFloat32 ? 2e-4 : 1e-10;
    EXPECT_EQ(kernel.value.scalar_type(), dtype);
    EXPECT_LT(relative_difference(kernel.value, portable.value), tolerance);
    EXPECT_LT(relative_difference(kernel.grad_patches, portable.grad_patches), tolerance);
    EXPECT_LT(relative_difference(kernel.grad_boxes, portable.grad_boxes), tolerance);
  }
}

TEST(StitchKernel, TakesTensorsThatAreNotContiguous) {
  const auto in = awkward_inputs(torch::kFloat64, 6);
  const StitchInputs strided{in.patches.permute({3, 2, 1, 0}).contiguous().permute({3, 2, 1, 0}),
                             in.boxes.t().contiguous().t(),
                             torch::stack({in.image_of_box, in.image_of_box}, 1).select(1, 0)};
  ASSERT_FALSE(strided.patches.is_contiguous());
  ASSERT_FALSE(strided.image_of_box.is_contiguous());
  EXPECT_TRUE(torch::equal(run(&stitch_kernel, strided), run(&stitch_kernel, in)));

  // A gradient may arrive expanded or transposed too.
  const auto weights =
      torch::randn({kImageSize[1], kImageSize[0], 2, kNumImages}, torch::kFloat64).permute({3, 2, 1, 0});
  EXPECT_TRUE(torch::equal(differentiate(&stitch_kernel, in, weights).grad_boxes,
                           differentiate(&stitch_kernel, in, weights.contiguous()).grad_boxes));
}

TEST(StitchKernel, GivesTheSameBitsOnOneAndTwoThreads) {
  torch::manual_seed(3);
  const auto centers = torch::rand({200, 2}) * 200;
  const auto patches = torch::randn({200, 2, 32, 32}).requires_grad_();
  const auto boxes = torch::cat({centers, torch::rand({200, 2}) * 60 + 5}, 1).requires_grad_();
  const auto image_of_box = torch::randint(2, {200}, torch::kInt64);
  const auto weights = torch::randn({2, 2, 200, 200});
  const auto all = [&](int threads) {
    const ThreadCount count(threads);
    const auto images = stitch_kernel(patches, boxes, image_of_box, 2, {200, 200});
    const auto grads = torch::autograd::grad({(images * weights).sum()}, {patches, boxes});
    return std::vector<torch::Tensor>{images.detach(), grads[0], grads[1]};
  };
  const auto one = all(1), two = all(2), three = all(3);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(torch::equal(one[i], two[i])) << i;
    EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
  }
}

TEST(StitchKernel, ComputesOnlyTheGradientsAskedFor) {
  const auto in = awkward_inputs(torch::kFloat64, 4);
  const auto weights = torch::randn({kNumImages, 2, kImageSize[0], kImageSize[1]}, torch::kFloat64);
  const auto both = differentiate(&stitch_kernel, in, weights);
  const StitchInputs patches_only{in.patches.detach().clone().requires_grad_(), in.boxes, in.image_of_box};
  (run(&stitch_kernel, patches_only) * weights).sum().backward();
  EXPECT_LT(relative_difference(patches_only.patches.grad(), both.grad_patches), 1e-14);
  EXPECT_FALSE(in.boxes.grad().defined());
  const StitchInputs boxes_only{in.patches, in.boxes.detach().clone().requires_grad_(), in.image_of_box};
  (run(&stitch_kernel, boxes_only) * weights).sum().backward();
  EXPECT_LT(relative_difference(boxes_only.boxes.grad(), both.grad_boxes), 1e-14);
}

TEST(StitchKernel, RefusesASecondDerivativeInsteadOfGivingAWrongOne) {
  auto in = awkward_inputs(torch::kFloat64, 4);
  in.boxes.requires_grad_();
  const auto sum = run(&stitch_kernel, in).square().sum();
  EXPECT_ANY_THROW(torch::autograd::grad({sum}, {in.boxes}, {}, true, true));
}

TEST(StitchKernel, RefusesOtherNumberFormats) {
  const StitchInputs in{torch::ones({2, 1, 8, 8}, torch::kHalf), torch::ones({2, 4}, torch::kHalf),
                        torch::zeros({2}, torch::kInt64)};
  EXPECT_EQ(
      error_message([&] { run(&stitch_kernel, in); }),
      "patches is Half on cpu, expected float32 or float64 on the CPU; use the portable form elsewhere");
}

TEST(Stitch, ChoosesTheKernelOnTheCpu) {
  const auto in = awkward_inputs(torch::kFloat32, 8);
  EXPECT_TRUE(torch::equal(run(&stitch, in), run(&stitch_kernel, in)));
}

}  // namespace
}  // namespace priorseg
