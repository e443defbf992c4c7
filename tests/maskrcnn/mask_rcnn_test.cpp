#include "priorseg/maskrcnn/mask_rcnn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "maskrcnn/tiny_baseline.h"
#include "priorseg/core/options.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/maskrcnn/network.h"
#include "support/beyond_range.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

/// An untrained model that takes every proposal for an object, or its box at least.
MaskRcnn eager_model() {
  auto options = tiny_baseline_options();
  options.inference.score = 0;
  options.inference.max_overlap = 1;
  options.regions.max_iou = 0.5;
  return MaskRcnn(options, 3);
}

TEST(MaskRcnn, FindsInstancesInTheFrameOfTheImage) {
  auto model = eager_model();
  const auto pixels = draw_disks(1).first;
  const auto found = model.find({pixels, 0});
  const auto& instances = found.instances;
  ASSERT_GT(instances.size(), 0);
  EXPECT_EQ(instances.height, 128);
  EXPECT_EQ(instances.width, 128);
  EXPECT_EQ(instances.latents.sizes(), (torch::IntArrayRef{instances.size(), 0}));
  EXPECT_EQ(instances.masks.sizes(), (torch::IntArrayRef{instances.size(), 28, 28}));
  EXPECT_EQ(found.objects.size(), static_cast<size_t>(instances.size()));
  EXPECT_TRUE((instances.scores.slice(0, 1) <= instances.scores.slice(0, 0, -1)).all().item<bool>());
  EXPECT_GE((instances.boxes.select(1, 0) - instances.boxes.select(1, 3) / 2).min().item<double>(), -0.01);
  EXPECT_LE((instances.boxes.select(1, 1) + instances.boxes.select(1, 2) / 2).max().item<double>(), 128.01);
}

TEST(MaskRcnn, IsForManyThreadsEachWithOptionsOfItsOwn) {
  const auto model = eager_model();
  const auto pixels = draw_disks(1).first;
  std::vector<BaselineInferenceOptions> options(3, model.options().inference);
  options[1].score = 0.5;
  options[2].mask_threshold = 0.3;
  std::vector<Detections> alone, together(options.size());
  for (const auto& inference : options) alone.push_back(model.find({pixels, 0}, inference));
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < options.size(); ++i)
      threads.emplace_back([&, i] { together[i] = model.find({pixels, 0}, options[i]); });
  }
  for (size_t i = 0; i < options.size(); ++i) {
    EXPECT_TRUE(together[i].instances.boxes.equal(alone[i].instances.boxes)) << i;
    EXPECT_EQ(together[i].objects.size(), alone[i].objects.size()) << i;
  }
  options[1].score = 2;
  EXPECT_THAT(error_message([&] { model.find({pixels, 0}, options[1]); }), HasSubstr("inference.score"));
}

TEST(MaskRcnn, CloneFindsTheSameWithWeightsOfItsOwn) {
  EXPECT_FALSE(std::is_copy_constructible_v<MaskRcnn>);
  auto model = eager_model();
  model.set_origin("disks");
  const auto clone = model.clone();
  const auto pixels = draw_disks(1).first;
  const auto expected = model.find({pixels, 0}).instances;
  {
    torch::NoGradGuard no_grad;
    for (auto& weight : model.network()->parameters()) weight.zero_();
  }
  EXPECT_EQ(clone.origin(), "disks");
  EXPECT_TRUE(clone.find({pixels, 0}).instances.boxes.equal(expected.boxes));
}

/// The layers in the order in which their weights are drawn, drawn as torchvision does.
TEST(MaskRcnn, HasTheInitialWeightsOfItsSeed) {
  namespace nn = torch::nn;
  const auto options = tiny_baseline_options();
  MaskRcnn model(options, 31);
  torch::manual_seed(31);
  const auto normal_by_outputs = [](const torch::Tensor& weight) {
    nn::init::kaiming_normal_(weight, 0, torch::kFanOut, torch::kReLU);
  };
  // What LibTorch draws for a layer like this one.
  const auto draw = [](const nn::Module& layer) -> std::shared_ptr<nn::Module> {
    const auto weight = layer.named_parameters()["weight"];
    const bool has_bias = layer.named_parameters().contains("bias");
    if (layer.as<nn::Conv2d>())
      return nn::Conv2d(nn::Conv2dOptions(weight.size(1), weight.size(0), weight.size(2)).bias(has_bias))
          .ptr();
    if (layer.as<nn::ConvTranspose2d>())
      return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(weight.size(0), weight.size(1), weight.size(2)))
          .ptr();
    return nn::Linear(weight.size(1), weight.size(0)).ptr();
  };
  const auto layer_at = [&](const std::string& name) { return model.network()->named_modules()[name]; };
  int64_t compared = 0;
  const auto expect = [&](const std::string& name, const std::function<void(torch::Tensor)>& weight_rule,
                          bool zero_bias) {
    const auto expected = draw(*layer_at(name));
    const torch::NoGradGuard no_grad;
    auto parameters = expected->named_parameters();
    if (weight_rule) weight_rule(parameters["weight"]);
    if (zero_bias) parameters["bias"].zero_();
    for (const auto& item : parameters) {
      EXPECT_TRUE(layer_at(name)->named_parameters()[item.key()].equal(item.value())) << name;
      ++compared;
    }
  };
  for (const auto& item : model.network()->backbone()->body()->named_modules())
    if (item.value()->as<nn::Conv2d>()) expect("backbone.body." + item.key(), normal_by_outputs, false);
  for (const char* level : {"0", "1", "2", "3"})
    for (const char* list : {"inner_blocks.", "layer_blocks."})
      expect(
          std::string("backbone.fpn.") + list + level + ".0",
          [](const torch::Tensor& weight) { nn::init::kaiming_uniform_(weight, 1); }, true);
  for (const char* name : {"conv.0.0", "cls_logits", "bbox_pred"})
    expect(
        std::string("rpn.head.") + name,
        [](const torch::Tensor& weight) { nn::init::normal_(weight, 0, 0.01); }, true);
  for (const char* name :
       {"box_head.fc6", "box_head.fc7", "box_predictor.cls_score", "box_predictor.bbox_pred"})
    expect(std::string("roi_heads.") + name, {}, false);
  for (const char* name : {"0", "1", "2", "3"})
    expect(std::string("roi_heads.mask_head.") + name + ".0", normal_by_outputs, true);
  // Both layers of the predictor are made before the weights of either are drawn anew.
  const std::string transposed = "roi_heads.mask_predictor.conv5_mask",
                    logits = "roi_heads.mask_predictor.mask_fcn_logits";
  const auto first = draw(*layer_at(transposed)), second = draw(*layer_at(logits));
  normal_by_outputs(first->named_parameters()["weight"]);
  normal_by_outputs(second->named_parameters()["weight"]);
  for (const auto& [name, expected] : {std::pair(transposed, first), std::pair(logits, second)})
    for (const auto& item : expected->named_parameters())
      EXPECT_TRUE(layer_at(name)->named_parameters()[item.key()].equal(item.value())) << name;
  EXPECT_GT(compared, 50);
}

TEST(MaskRcnn, LeastScoreDropsTheWorseObjectsAndLeavesTheOthers) {
  auto model = eager_model();
  const std::vector<torch::Tensor> images = {draw_disks(1).first / 256};
  const auto all = model.network()->find(images).front();
  ASSERT_GT(all.scores.size(0), 4);
  const double least = all.scores[all.scores.size(0) / 2].item<double>();
  const auto better = model.network()->find(images, least).front();
  const auto expected = torch::nonzero(all.scores >= least).view({-1});
  ASSERT_LT(expected.size(0), all.scores.size(0));
  EXPECT_TRUE(better.scores.equal(all.scores.index_select(0, expected)));
  EXPECT_TRUE(better.corners.equal(all.corners.index_select(0, expected)));
  EXPECT_TRUE(better.masks.allclose(all.masks.index_select(0, expected), 1e-4, 1e-5));
}

TEST(MaskRcnn, BoxesFollowTheScaleOfTheImage) {
  auto options = tiny_baseline_options();
  options.inference.score = 0;
  options.inference.max_overlap = 1;
  options.regions.max_iou = 0.5;
  MaskRcnn model(options, 3);
  options.size.min *= 2;
  options.size.max *= 2;
  MaskRcnn model_of_larger(options, 3);  // sees the enlarged image as the other one sees the image
  const auto pixels = draw_disks(1).first;
  const auto enlarged = torch::upsample_nearest2d(pixels.unsqueeze(0), {256, 256}).squeeze(0);
  const auto found = model.find({pixels, 0}).instances,
             larger = model_of_larger.find({enlarged, 0}).instances;
  ASSERT_EQ(found.size(), larger.size());
  EXPECT_TRUE(larger.boxes.allclose(2 * found.boxes, 1e-3, 0.1));
}

TEST(MaskRcnn, MasksAreEmptyWithoutObjects) {
  auto options = tiny_baseline_options();
  options.inference.score = 1;
  MaskRcnn model(options, 1);
  const auto found = model.find({torch::zeros({3, 40, 50}), 1});
  EXPECT_EQ(found.instances.size(), 0);
  EXPECT_EQ(found.objects.size(), 0u);
}

TEST(MaskRcnn, TakesAnImageOfOnePixel) {
  EXPECT_LE(eager_model().find({torch::full({1, 1, 1}, 7.0f), 1}).objects.size(), 1u);
}

TEST(MaskRcnn, ImageAboveTheLimitIsRefused) {
  auto model = eager_model();
  const auto huge = torch::zeros({1, 1, 1}).expand({1, 9000, 9000});
  EXPECT_THAT(error_message([&] {
                model.find({huge, 1});
              }),
              AllOf(HasSubstr("81 megapixels"), HasSubstr("at most 67"), HasSubstr("cut the image")));
}

TEST(MaskRcnn, AnchorsFollowTheSizeRange) {
  auto options = tiny_baseline_options();
  const auto anchors = options.anchors();
  ASSERT_EQ(anchors.sides.size(), 2u);  // 18 / 1.1 to 36 * 1.1 px
  EXPECT_GT(anchors.sides[0], 18 / 1.1);
  EXPECT_LT(anchors.sides[1], 36 * 1.1);
  options.size.min = options.size.max = 100;
  EXPECT_NEAR(options.network_from_image() * 100, options.size.side, 1e-9);
}

/// IoU of the tight boxes of two objects drawn on a fine grid: ellipses of the given ratio, side by side at
/// 45 degrees, `apart` short half axes from centre to centre; and the share of an object that both cover.
std::pair<double, double> draw_neighbours(double ratio, double apart) {
  const auto place = torch::linspace(-12, 12, 1201, torch::kFloat64);
  const auto y = place.view({-1, 1}), x = place.view({1, -1});
  const double half = std::sqrt(0.5);
  const auto inside = [&](double shift) {
    const auto along = (x + y) * half, across = (y - x) * half - shift;
    return (along / ratio).square() + across.square() < 1;
  };
  const auto a = inside(-apart / 2), b = inside(apart / 2);
  const auto corners = corners_of_masks(torch::stack({a, b}).to(torch::kFloat32));
  return {corner_ious(corners.slice(0, 0, 1), corners.slice(0, 1, 2)).item<double>(),
          (a & b).sum().item<double>() / a.sum().item<double>()};
}

TEST(MaskRcnn, SuppressionOfBoxesAllowsWhatTheSuppressionOfMasksAllows) {
  MaskRcnnOptions options;
  options.size.max_ratio = 3;
  options.inference.max_overlap = 0.1;
  const auto [iou, share] = draw_neighbours(3, 1.613);
  ASSERT_NEAR(share, 0.1, 0.005);
  EXPECT_NEAR(options.max_box_iou(), iou, 0.01);
  EXPECT_EQ(options.network().regions.max_iou, options.max_box_iou());
}

TEST(MaskRcnn, SuppressionOfBoxesFollowsShapeAndOverlap) {
  MaskRcnnOptions options;
  const double thin = options.max_box_iou();
  options.size.max_ratio = 1;
  EXPECT_LT(options.max_box_iou(), thin);
  options.inference.max_overlap = 1;
  EXPECT_NEAR(options.max_box_iou(), 1, 1e-6);
  options.regions.max_iou = 0.4;
  EXPECT_EQ(options.max_box_iou(), 0.4);
}

class BaselineFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "model.safetensors"; }
  std::string message() const {
    return error_message([&] { MaskRcnn::load(path()); });
  }
  TemporaryFolder folder_;
};

TEST_F(BaselineFile, KeepsWeightsSettingsAndOrigin) {
  auto model = eager_model();
  model.set_trained_steps(7);
  model.set_origin("a test");
  model.save(path());
  auto again = MaskRcnn::load(path());
  EXPECT_EQ(again.trained_steps(), 7);
  EXPECT_EQ(again.origin(), "a test");
  EXPECT_EQ(options_to_json(again.options()), options_to_json(model.options()));
  const auto pixels = draw_disks(2).first;
  EXPECT_TRUE(again.find({pixels, 0}).instances.boxes.equal(model.find({pixels, 0}).instances.boxes));
}

TEST_F(BaselineFile, OfAnotherKindIsRefused) {
  write_tensor_file(path(), {{}, {{"format", "priorseg model 1"}}});
  EXPECT_THAT(message(), AllOf(HasSubstr("'priorseg model 1'"), HasSubstr("'priorseg baseline 1'")));
}

TEST_F(BaselineFile, WithDamagedSettingsIsRefused) {
  write_tensor_file(path(), {{}, {{"format", "priorseg baseline 1"}, {"settings", "{"}}});
  EXPECT_THAT(message(), HasSubstr("damaged settings"));
  write_tensor_file(path(), {{}, {{"format", "priorseg baseline 1"}}});
  EXPECT_THAT(message(), HasSubstr("no settings"));
}

TEST(MaskRcnnOptions, OutOfRangeIsAnErrorThatNamesTheSetting) {
  const auto message = [](const auto& change) {
    MaskRcnnOptions options;
    return error_message([&] {
      change(options);
      options.validate();
    });
  };
  EXPECT_EQ(message([](auto&) {}), "no error");
  EXPECT_THAT(message([](auto& o) { o.size.max = 1; }), HasSubstr("size.max is 1"));
  EXPECT_THAT(message([](auto& o) { set_option(o, "backbone.kind=vgg"); }), HasSubstr("expected 'resnet50'"));
  EXPECT_THAT(message([](auto& o) { o.training.crop_size = 100; }), HasSubstr("a multiple of 32"));
  EXPECT_THAT(message([](auto& o) { o.training.steps = 0; }), HasSubstr("training.steps is 0"));
  EXPECT_THAT(message([](auto& o) { o.inference.tile = 32; }), HasSubstr("inference.tile is 32"));
  EXPECT_THAT(message([](auto& o) { o.proposals.negative_iou = 0.9; }), HasSubstr("proposals.negative_iou"));
  EXPECT_THAT(message([](auto& o) { o.regions.samples = 0; }), HasSubstr("regions.samples"));
}

TEST(MaskRcnnOptions, RefusesEachSettingBeyondItsRange) {
  test::expect_refused_beyond_range(MaskRcnnOptions());
}

TEST(AnnotatedImage, LabelsFollowTheScaleOfTheImage) {
  auto options = tiny_baseline_options();
  options.size.side *= 2;
  const MaskRcnn model(options, 1);
  const auto [pixels, labels] = draw_disks(1);
  const auto image = prepare_annotated(model, {pixels, 0}, labels);
  EXPECT_EQ(image.mapped.sizes(), (torch::IntArrayRef{256, 256}));
  EXPECT_TRUE(image.labels.slice(0, 0, 256, 2).slice(1, 0, 256, 2).equal(labels));
}

TEST(AnnotatedImage, OfAnotherSizeThanItsLabelsIsAnError) {
  const MaskRcnn model(tiny_baseline_options(), 1);
  EXPECT_THAT(error_message([&] {
                prepare_annotated(model, {torch::zeros({1, 8, 9}), 1}, torch::zeros({8, 8}, torch::kInt32));
              }),
              AllOf(HasSubstr("8x8"), HasSubstr("8x9"), HasSubstr("the same size")));
}

TEST(AnnotatedImage, ObjectsOfLabelsAreOneMaskEach) {
  auto labels = torch::zeros({20, 30}, torch::kInt32);
  labels.slice(0, 2, 8).slice(1, 3, 9) = 70000;
  labels.slice(0, 10, 18).slice(1, 20, 30) = 3;
  labels[0][0] = 9;
  const auto objects = objects_of_labels(labels, 4);
  EXPECT_TRUE(objects.corners.equal(torch::tensor({{20.0f, 10.0f, 30.0f, 18.0f}, {3.0f, 2.0f, 9.0f, 8.0f}})));
  EXPECT_EQ(objects.masks.sum().item<double>(), 36 + 80);
  EXPECT_EQ(objects_of_labels(torch::zeros({4, 4}, torch::kInt32), 1).masks.sizes(),
            (torch::IntArrayRef{0, 4, 4}));
}

TEST(AnnotatedImage, SamplesShowTheObjectsOfTheirCrop) {
  const MaskRcnn model(tiny_baseline_options(), 1);
  auto options = model.options();
  options.training.crop_size = 96;
  const auto image = annotated_disks(model, 1).front();
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    const auto sample = draw_sample(image, options, true, random);
    ASSERT_EQ(sample.image.sizes(), (torch::IntArrayRef{1, 96, 96}));
    ASSERT_GT(sample.truth.corners.size(0), 0);
    const auto covered = std::get<0>(sample.truth.masks.max(0)) > 0;
    const auto inside = sample.image[0].masked_select(covered).mean().item<double>();
    EXPECT_GT(inside, 2 * sample.image[0].masked_select(covered.logical_not()).mean().item<double>());
  }
}

}  // namespace
}  // namespace priorseg
