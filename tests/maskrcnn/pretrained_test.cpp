#include "priorseg/maskrcnn/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <string>

#include "maskrcnn/tiny_baseline.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/nn/state.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Pretrained : public testing::Test {
 protected:
  Pretrained() { collect_state(*MaskRcnn(tiny_baseline_options(), 9).network(), "", file_.tensors); }

  PretrainedWeights read() const {
    write_tensor_file(path(), file_);
    return read_pretrained(path());
  }
  std::filesystem::path path() const { return folder_ / "weights.safetensors"; }
  std::string message_of_loading() {
    return error_message([&] { load_pretrained(*model_.network(), read()); });
  }

  TemporaryFolder folder_;
  TensorFile file_;
  MaskRcnn model_{tiny_baseline_options(), 1};
};

TEST_F(Pretrained, MaskRcnnFillsTheWholeNetwork) {
  EXPECT_THAT(load_pretrained(*model_.network(), read()), IsEmpty());
  for (const auto& [name, tensor] : weights_of(model_))
    EXPECT_TRUE(tensor.equal(file_.tensors.at(name))) << name;
}

TEST_F(Pretrained, OutputsOfOtherClassesKeepTheirRandomWeights) {
  for (const char* name : {"roi_heads.box_predictor.cls_score.", "roi_heads.box_predictor.bbox_pred.",
                           "roi_heads.mask_predictor.mask_fcn_logits."}) {
    auto& weight = file_.tensors[std::string(name) + "weight"];
    const int64_t classes = weight.size(0) / 2 * 91;
    auto shape = weight.sizes().vec();
    shape[0] = classes;
    weight = torch::zeros(shape);
    file_.tensors[std::string(name) + "bias"] = torch::zeros({classes});
  }
  const auto before = weights_of(model_);
  EXPECT_THAT(
      load_pretrained(*model_.network(), read()),
      ElementsAre("roi_heads.box_predictor.bbox_pred.bias", "roi_heads.box_predictor.bbox_pred.weight",
                  "roi_heads.box_predictor.cls_score.bias", "roi_heads.box_predictor.cls_score.weight",
                  "roi_heads.mask_predictor.mask_fcn_logits.bias",
                  "roi_heads.mask_predictor.mask_fcn_logits.weight"));
  const auto after = weights_of(model_);
  const std::string kept = "roi_heads.box_predictor.cls_score.weight",
                    loaded = "roi_heads.box_head.fc6.weight";
  EXPECT_TRUE(after.at(kept).equal(before.at(kept)));
  EXPECT_TRUE(after.at(loaded).equal(file_.tensors.at(loaded)));
}

TEST_F(Pretrained, ResNetFillsTheBackboneOnly) {
  TensorFile resnet;
  for (const auto& [name, tensor] : file_.tensors)
    if (name.starts_with("backbone.body.")) resnet.tensors[name.substr(14)] = tensor;
  resnet.tensors["fc.weight"] = torch::zeros({1000, 512});
  resnet.tensors["fc.bias"] = torch::zeros({1000});
  resnet.tensors["bn1.num_batches_tracked"] = torch::tensor(3, torch::kInt64);
  file_.tensors = resnet.tensors;
  const auto before = weights_of(model_);
  EXPECT_THAT(load_pretrained(*model_.network(), read()), IsEmpty());
  const auto after = weights_of(model_);
  EXPECT_TRUE(
      after.at("backbone.body.layer4.1.conv2.weight").equal(resnet.tensors.at("layer4.1.conv2.weight")));
  EXPECT_TRUE(after.at("rpn.head.cls_logits.weight").equal(before.at("rpn.head.cls_logits.weight")));
}

TEST_F(Pretrained, TellsWhatItIsAndItsEpsilon) {
  EXPECT_EQ(read().origin, "Mask R-CNN of weights.safetensors");
  EXPECT_EQ(read().norm_epsilon, 1e-5);
  file_.metadata["norm_epsilon"] = "0.0";
  EXPECT_EQ(read().norm_epsilon, 0);
  model_.set_origin("trained on simulated images");
  model_.save(path());
  EXPECT_EQ(read_pretrained(path()).origin, "trained on simulated images");
}

TEST_F(Pretrained, MissingTensorIsAnErrorAndChangesNothing) {
  file_.tensors.erase("rpn.head.conv.0.0.bias");
  const auto before = weights_of(model_);
  EXPECT_THAT(message_of_loading(),
              AllOf(HasSubstr("weights.safetensors"), HasSubstr("lacks the tensor "
                                                                "rpn.head.conv.0.0.bias")));
  for (const auto& [name, tensor] : weights_of(model_)) EXPECT_TRUE(tensor.equal(before.at(name))) << name;
}

TEST_F(Pretrained, UnknownTensorIsAnError) {
  file_.tensors["backbone.body.layer1.0.conv3.weight"] = torch::zeros({1});
  EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("layer1.0.conv3.weight"), HasSubstr("backbone.kind")));
}

TEST_F(Pretrained, OtherShapeIsAnError) {
  file_.tensors["backbone.body.conv1.weight"] = torch::zeros({64, 1, 7, 7});
  EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("backbone.body.conv1.weight has shape [64,1,7,7]"),
                                          HasSubstr("expected [64,3,7,7]")));
}

TEST_F(Pretrained, FileOfSomethingElseIsAnError) {
  file_.tensors = {{"localizer.head.weight", torch::zeros({1})}};
  EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("neither a Mask R-CNN nor a ResNet"),
                                          HasSubstr("torchvision_to_safetensors.py")));
}

}  // namespace
}  // namespace priorseg
