#include "priorseg/ops/crop.h"

#include <cmath>
#include <limits>

#include "operator_cases.h"

namespace priorseg {
namespace {

struct CropInputs {
  torch::Tensor images, boxes, image_of_box;
};

using CropForm = decltype(&crop);

/// The definition in the header, sample by sample.
torch::Tensor crop_by_definition(const CropInputs& in, int64_t size) {
  const int64_t height = in.images.size(2), width = in.images.size(3);
  const auto patches = torch::zeros({in.boxes.size(0), in.images.size(1), size, size}, torch::kFloat64);
  const auto image = in.images.accessor<double, 4>();
  const auto box = in.boxes.accessor<double, 2>();
  const auto image_of_box = in.image_of_box.accessor<int64_t, 1>();
  auto out = patches.accessor<double, 4>();
  for (int64_t n = 0; n < in.boxes.size(0); ++n)
    for (int64_t c = 0; c < in.images.size(1); ++c)
      for (int64_t i = 0; i < size; ++i)
        for (int64_t j = 0; j < size; ++j) {
          const double x = box[n][0] + ((j + 0.5) / size - 0.5) * box[n][3] - 0.5;
          const double y = box[n][1] + ((i + 0.5) / size - 0.5) * box[n][2] - 0.5;
          const auto pixel = [&](double row, double column) {
            const auto r = static_cast<int64_t>(std::clamp(row, 0.0, height - 1.0));
            const auto k = static_cast<int64_t>(std::clamp(column, 0.0, width - 1.0));
            return image[image_of_box[n]][c][r][k];
          };
          const double top = std::floor(y), left = std::floor(x), down = y - top, right = x - left;
          out[n][c][i][j] = (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
                            down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1));
        }
  return patches;
}

CropInputs awkward_inputs(torch::ScalarType dtype) {
  torch::manual_seed(5);
  return {torch::randn({3, 2, 20, 26}, torch::kFloat64).to(dtype), awkward_boxes(dtype),
          awkward_images_of_boxes()};
}

torch::Tensor run(CropForm form, const CropInputs& in, int64_t size) {
  return form(in.images, in.boxes, in.image_of_box, size);
}

struct CropDerived {
  torch::Tensor value, grad_images, grad_boxes;
};

CropDerived differentiate(CropForm form, const CropInputs& in, const torch::Tensor& weights) {
  const CropInputs leaf{in.images.detach().clone().requires_grad_(),
                        in.boxes.detach().clone().requires_grad_(), in.image_of_box};
  const auto value = run(form, leaf, weights.size(2));
  (value * weights).sum().backward();
  return {value.detach(), leaf.images.grad(), leaf.boxes.grad()};
}

class CropForms : public testing::TestWithParam<CropForm> {};
INSTANTIATE_TEST_SUITE_P(Crop, CropForms, testing::Values(&crop_portable, &crop_kernel),
                         [](const auto& info) { return info.index == 0 ? "Portable" : "Kernel"; });

TEST_P(CropForms, FollowsTheDefinition) {
  const auto in = awkward_inputs(torch::kFloat64);
  for (const int64_t size : {1, 2, 5, 32}) {
    EXPECT_LT(relative_difference(run(GetParam(), in, size), crop_by_definition(in, size)), 1e-10) << size;
  }
}

TEST_P(CropForms, GradientsAgreeWithCentralDifferences) {
  const auto in = awkward_inputs(torch::kFloat64);
  const auto weights = torch::randn({in.boxes.size(0), 2, 4, 4}, torch::kFloat64);
  const auto derived = differentiate(GetParam(), in, weights);
  const auto weighted_sum = [&] { return (crop_by_definition(in, 4) * weights).sum(); };
  EXPECT_LT(relative_difference(derived.grad_images, central_differences(weighted_sum, in.images)), 1e-6);
  EXPECT_LT(relative_difference(derived.grad_boxes, central_differences(weighted_sum, in.boxes)), 1e-6);
}

TEST_P(CropForms, ReadsBorderOutsideImage) {
  const auto images = torch::arange(12, torch::kFloat32).reshape({1, 1, 3, 4});
  const auto boxes = torch::tensor({{-90.f, -90.f, 5.f, 5.f}, {90.f, 90.f, 5.f, 5.f}}).requires_grad_();
  const auto patches = GetParam()(images, boxes, torch::zeros({2}, torch::kInt64), 4);
  EXPECT_TRUE(torch::equal(patches[0], torch::full({1, 4, 4}, 0.f)));
  EXPECT_TRUE(torch::equal(patches[1], torch::full({1, 4, 4}, 11.f)));
  patches.sum().backward();
  EXPECT_EQ(boxes.grad().abs().sum().item<float>(), 0.f);
}

TEST_P(CropForms, ReadsAnImageOfOnePixel) {
  const auto patches = GetParam()(torch::full({1, 2, 1, 1}, 3.f), torch::tensor({{0.5f, 0.5f, 2.f, 2.f}}),
                                  torch::zeros({1}, torch::kInt64), 3);
  EXPECT_TRUE(torch::equal(patches, torch::full({1, 2, 3, 3}, 3.f)));
}

TEST_P(CropForms, GivesThePixelsOfABoxOnTheGrid) {
  const auto images = torch::rand({2, 1, 20, 26}, torch::kFloat64);
  const auto patches = GetParam()(images, torch::tensor({{12.0, 9.0, 8.0, 8.0}}, torch::kFloat64),
                                  torch::ones({1}, torch::kInt64), 8);
  EXPECT_LT(relative_difference(patches[0], images[1].slice(1, 5, 13).slice(2, 8, 16)), 1e-12);
}

TEST_P(CropForms, GivesZerosForBoxesThatAreNotNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  const CropInputs in{
      torch::ones({1, 1, 9, 9}),
      torch::tensor(
          {{nan, 5.f, 9.f, 9.f}, {5.f, 5.f, nan, 9.f}, {infinite, 5.f, 9.f, 9.f}, {5.f, 5.f, 9.f, 0.f}}),
      torch::zeros({4}, torch::kInt64)};
  const auto derived = differentiate(GetParam(), in, torch::ones({4, 1, 5, 5}));
  EXPECT_EQ(derived.value.abs().sum().item<float>(), 0.f);
  EXPECT_EQ(derived.grad_images.abs().sum().item<float>(), 0.f);
  EXPECT_EQ(derived.grad_boxes.abs().sum().item<float>(), 0.f);
}

TEST_P(CropForms, StaysFiniteForExtremeBoxes) {
  const CropInputs in{
      torch::rand({1, 1, 9, 9}),
      torch::tensor({{5.f, 5.f, 1e-9f, 1e-9f}, {5.f, 5.f, 1e12f, 1e12f}, {1e20f, -1e20f, 9.f, 9.f}}),
      torch::zeros({3}, torch::kInt64)};
  const auto derived = differentiate(GetParam(), in, torch::ones({3, 1, 5, 5}));
  EXPECT_TRUE(torch::isfinite(derived.value).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(derived.grad_images).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(derived.grad_boxes).all().item<bool>());
}

TEST_P(CropForms, WithoutBoxesIsEmptyAndStaysDifferentiable) {
  const auto images = torch::rand({2, 3, 9, 9}).requires_grad_();
  const auto patches = GetParam()(images, torch::zeros({0, 4}), torch::zeros({0}, torch::kInt64), 5);
  EXPECT_EQ(patches.sizes(), (std::vector<int64_t>{0, 3, 5, 5}));
  patches.sum().backward();
  EXPECT_EQ(images.grad().abs().sum().item<float>(), 0.f);
}

TEST_P(CropForms, NamesTheArgumentThatIsWrong) {
  const CropInputs good{torch::ones({2, 1, 8, 8}), torch::ones({2, 4}), torch::zeros({2}, torch::kInt64)};
  const auto message = [&](const CropInputs& in, int64_t size = 4) {
    return error_message([&] { run(GetParam(), in, size); });
  };
  EXPECT_EQ(message({torch::ones({1, 8, 8}), good.boxes, good.image_of_box}),
            "images has shape [1,8,8], expected [*,*,*,*]");
  EXPECT_EQ(message({good.images, torch::ones({2, 5}), good.image_of_box}),
            "boxes has shape [2,5], expected [*,4]");
  EXPECT_EQ(message({good.images, good.boxes, torch::zeros({3}, torch::kInt64)}),
            "image_of_box has shape [3], expected [2]");
  EXPECT_EQ(message({good.images, good.boxes.to(torch::kFloat64), good.image_of_box}),
            "boxes have dtype Double, expected that of images, Float");
  EXPECT_EQ(message({good.images, good.boxes, torch::tensor({0, 2}, torch::kInt64)}),
            "image_of_box holds 2, expected an index of one of 2 images");
  EXPECT_EQ(message({torch::ones({2, 1, 0, 8}), good.boxes, good.image_of_box}),
            "images have no pixels (0 x 8), expected at least one to crop from");
  EXPECT_EQ(message(good, 0), "size is 0, expected a patch side > 0");
}

TEST(CropKernel, AgreesWithThePortableFormOnRandomBoxes) {
  torch::manual_seed(13);
  for (const auto dtype : {torch::kFloat32, torch::kFloat64}) {
    const auto options = torch::TensorOptions(dtype);
    const auto centers = torch::rand({150, 2}, options) * torch::tensor({34.0, 28.0}, options) - 4;
    const CropInputs in{torch::randn({3, 2, 20, 26}, options),
                        torch::cat({centers, torch::exp(torch::rand({150, 2}, options) * 5 - 1)}, 1),
                        torch::randint(3, {150}, torch::kInt64)};
    const auto weights = torch::randn({150, 2, 16, 16}, options);
    const auto kernel = differentiate(&crop_kernel, in, weights);
    const auto portable = differentiate(&crop_portable, in, weights);
    const double tolerance = dtype == torch::kFloat32 ? 2e-4 : 1e-10;
    EXPECT_EQ(kernel.value.scalar_type(), dtype);
    EXPECT_LT(relative_difference(kernel.value, portable.value), tolerance);
    EXPECT_LT(relative_difference(kernel.grad_images, portable.grad_images), tolerance);
    EXPECT_LT(relative_difference(kernel.grad_boxes, portable.grad_boxes), tolerance);
  }
}

TEST(CropKernel, TakesTensorsThatAreNotContiguous) {
  const auto in = awkward_inputs(torch::kFloat64);
  const CropInputs strided{in.images.to(torch::MemoryFormat::ChannelsLast), in.boxes.t().contiguous().t(),
                           torch::stack({in.image_of_box, in.image_of_box}, 1).select(1, 0)};
  ASSERT_FALSE(strided.images.is_contiguous());
  const auto weights = torch::randn({6, 6, 2, in.boxes.size(0)}, torch::kFloat64).permute({3, 2, 1, 0});
  const auto expected = differentiate(&crop_kernel, in, weights.contiguous());
  const auto found = differentiate(&crop_kernel, strided, weights);
  EXPECT_TRUE(torch::equal(found.value, expected.value));
  EXPECT_TRUE(torch::equal(found.grad_images, expected.grad_images));
  EXPECT_TRUE(torch::equal(found.grad_boxes, expected.grad_boxes));
}

TEST(CropKernel, GivesTheSameBitsOnOneAndTwoThreads) {
  torch::manual_seed(3);
  const auto images = torch::randn({2, 2, 100, 100}).requires_grad_();
  const auto boxes =
      torch::cat({torch::rand({200, 2}) * 100, torch::rand({200, 2}) * 60 + 5}, 1).requires_grad_();
  const auto image_of_box = torch::randint(2, {200}, torch::kInt64);
  const auto weights = torch::randn({200, 2, 32, 32});
  const auto all = [&](int threads) {
    const ThreadCount count(threads);
    const auto patches = crop_kernel(images, boxes, image_of_box, 32);
    const auto grads = torch::autograd::grad({(patches * weights).sum()}, {images, boxes});
    return std::vector<torch::Tensor>{patches.detach(), grads[0], grads[1]};
  };
  const auto one = all(1), two = all(2);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], two[i])) << i;
}

TEST(CropKernel, ComputesOnlyTheGradientsAskedFor) {
  const auto in = awkward_inputs(torch::kFloat64);
  const auto weights = torch::randn({in.boxes.size(0), 2, 4, 4}, torch::kFloat64);
  const auto both = differentiate(&crop_kernel, in, weights);
  const auto boxes = in.boxes.detach().clone().requires_grad_();
  (crop_kernel(in.images, boxes, in.image_of_box, 4) * weights).sum().backward();
  EXPECT_TRUE(torch::equal(boxes.grad(), both.grad_boxes));
  EXPECT_FALSE(in.images.grad().defined());
}

TEST(Crop, ChoosesTheKernelOnTheCpu) {
  const auto in = awkward_inputs(torch::kFloat32);
  EXPECT_TRUE(torch::equal(run(&crop, in, 8), run(&crop_kernel, in, 8)));
}

}  // namespace
}  // namespace priorseg
