// The same weights and the same input through torchvision's Mask R-CNN and through ours, stage by stage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/generator.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/maskrcnn/box_nms.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/maskrcnn/roi_align.h"
#include "priorseg/nn/state.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using namespace test;
using Tensors = std::map<std::string, torch::Tensor>;

constexpr int kNotInstalled = 77;

/// What torchvision gives, made once by torchvision_reference.py.
class Reference {
 public:
  static Reference& instance() {
    static Reference reference;
    return reference;
  }

  /// Empty where there is a reference.
  const std::string& reason_to_skip() const { return reason_; }
  Tensors read(const std::string& name) const {
    return read_tensor_file(folder_ / (name + ".safetensors")).tensors;
  }

 private:
  Reference() {
    const std::string script = PRIORSEG_SOURCE_DIR "/tests/maskrcnn/torchvision_reference.py";
    // Debian's own Python has Debian's packages; another one in front of it may not.
    const std::string python = std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
    const std::string command = python + " -B '" + script + "' '" + folder_.path().string() + "' > '" +
                                (folder_ / "said").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == kNotInstalled) reason_ = read_text(folder_ / "said");
    if (code != 0 && code != kNotInstalled) throw std::runtime_error(read_text(folder_ / "said"));
  }

  TemporaryFolder folder_;
  std::string reason_;
};

MaskRcnnNetworkOptions same_options() {
  MaskRcnnNetworkOptions options;
  options.input = {160, 230};
  options.backbone.frozen_norm = true;
  options.anchors.sides = {16, 32, 64, 128, 256};
  options.proposals.most_before_nms = 400;
  options.proposals.most_after_nms = 150;
  options.proposals.most_before_nms_found = 300;
  options.proposals.most_after_nms_found = 120;
  options.proposals.samples = 1000000;
  options.regions.samples = 1000000;
  options.regions.max_objects = 40;
  options.regions.max_iou = 0.5;
  options.regions.aligned_masks = false;
  return options;
}

class TorchvisionParity : public testing::Test {
 protected:
  void SetUp() override {
    const auto& reason = Reference::instance().reason_to_skip();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  static Tensors read(const std::string& name) { return Reference::instance().read(name); }

  /// The largest difference relative to the largest expected value.
  void expect_near(const torch::Tensor& found, const torch::Tensor& expected, const std::string& what,
                   double limit = 1e-4) {
    ASSERT_EQ(found.sizes(), expected.sizes()) << what;
    const double difference = ((found - expected).abs().max() / expected.abs().max()).item<double>();
    EXPECT_LT(difference, limit) << what;
    worst_ = std::max(worst_, difference);
  }
  void TearDown() override { RecordProperty("largest_difference_e9", std::to_string(worst_ * 1e9)); }

  double worst_ = 0;
};

/// Network with torchvision's weights, and the images.
class NetworkParity : public TorchvisionParity {
 protected:
  void SetUp() override {
    TorchvisionParity::SetUp();
    if (IsSkipped()) return;
    network_ = MaskRcnnNetwork(same_options());
    restore_state(*network_, "", read("weights"));
    for (const char* number : {"0", "1"}) {
      images_.push_back(inputs_.at(std::string("image.") + number).unsqueeze(0));
      masks_.push_back(inputs_.at(std::string("masks.") + number).to(torch::kFloat32));
    }
  }

  const Tensors inputs_ = Reference::instance().reason_to_skip().empty() ? read("images") : Tensors();
  MaskRcnnNetwork network_{nullptr};
  std::vector<torch::Tensor> images_, masks_;
};

TEST_F(NetworkParity, WeightsHaveTheSameNamesAndShapes) {
  const auto expected = read("weights");
  Tensors ours;
  collect_state(*network_, "", ours);
  std::vector<std::string> names, expected_names;
  for (const auto& entry : ours) names.push_back(entry.first);
  for (const auto& entry : expected) expected_names.push_back(entry.first);
  EXPECT_EQ(names, expected_names);
}

TEST_F(NetworkParity, EveryStageOfFindingObjectsAgrees) {
  torch::NoGradGuard no_grad;
  const auto expected = read("found");
  network_->eval();
  const auto input = make_network_input(images_, same_options().input);
  expect_near(input.images, expected.at("input"), "input");
  const auto stages = network_->backbone()->body()(input.images);
  for (size_t i = 0; i < stages.size(); ++i)
    expect_near(stages[i], expected.at("body." + std::to_string(i)), "stage of the ResNet");
  const auto features = network_->backbone()(input.images);
  for (size_t i = 0; i < features.size(); ++i)
    expect_near(features[i], expected.at("pyramid." + std::to_string(i)), "level of the pyramid");

  const auto outputs = network_->proposals()(features);
  std::vector<torch::Tensor> objectness, offsets;
  for (size_t i = 0; i < features.size(); ++i) {
    const auto level = std::to_string(i);
    objectness.push_back(expected.at("objectness." + level).permute({0, 2, 3, 1}).flatten(1));
    offsets.push_back(expected.at("offsets." + level).permute({0, 2, 3, 1}).reshape({2, -1, 4}));
  }
  expect_near(outputs.objectness, torch::cat(objectness, 1), "objectness");
  expect_near(outputs.offsets, torch::cat(offsets, 1), "offsets of anchors");

  const auto anchors = network_->proposals()->anchors(features, input.padded_size());
  const auto proposals = network_->proposals()->propose(outputs, anchors, input.sizes);
  for (size_t i = 0; i < 2; ++i)
    expect_near(proposals[i], expected.at("proposals." + std::to_string(i)), "proposals");
  const auto boxes = network_->regions()->read_boxes(features, proposals);
  expect_near(boxes.logits, expected.at("box_logits"), "class logits");
  expect_near(boxes.offsets, expected.at("box_offsets"), "offsets of boxes");
}

TEST_F(NetworkParity, FoundObjectsAgree) {
  const auto expected = read("found");
  network_->eval();
  const auto found = network_->find(images_);
  ASSERT_EQ(found.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto number = "." + std::to_string(i);
    EXPECT_GE(found[i].scores.size(0), 10) << "there is nothing to compare";
    expect_near(found[i].corners, expected.at("corners" + number), "boxes");
    expect_near(found[i].scores, expected.at("scores" + number), "scores");
    expect_near(found[i].masks, expected.at("masks" + number), "masks");
  }
}

TEST_F(NetworkParity, AllFiveLossesAndTheirGradientsAgree) {
  const auto expected = read("losses");
  network_->train();
  std::vector<TrueObjects> truth;
  for (const auto& masks : masks_) truth.push_back({corners_of_masks(masks), masks});
  auto generator = torch_generator(1);
  const auto losses = network_->losses(images_, truth, generator);
  expect_near(losses.regions.classification, expected.at("loss_classifier"), "classification");
  expect_near(losses.regions.box, expected.at("loss_box_reg"), "boxes");
  expect_near(losses.regions.mask, expected.at("loss_mask"), "masks");
  expect_near(losses.proposals.objectness, expected.at("loss_objectness"), "objectness");
  expect_near(losses.proposals.box, expected.at("loss_rpn_box_reg"), "boxes of proposals");
  losses.total().backward();
  int64_t compared = 0;
  for (const auto& item : network_->named_parameters()) {
    const auto gradient = expected.find("grad." + item.key());
    if (gradient == expected.end()) continue;
    ++compared;
    expect_near(item.value().grad(), gradient->second, "gradient of " + item.key(), 1e-3);
  }
  EXPECT_GT(compared, 80);
}

TEST_F(TorchvisionParity, LightBackboneAgrees) {
  torch::NoGradGuard no_grad;
  BackboneOptions options;
  options.kind = BackboneKind::kResNet18;
  Backbone backbone(options);
  restore_state(*backbone, "", read("light_weights"));
  backbone->eval();
  const auto expected = read("light");
  const auto features = backbone(read("found").at("input"));
  for (size_t i = 0; i < features.size(); ++i)
    expect_near(features[i], expected.at("pyramid." + std::to_string(i)), "level of the pyramid");
}

TEST_F(TorchvisionParity, RoiAlignAndItsGradientAgree) {
  const auto reference = read("operators");
  for (const bool aligned : {false, true}) {
    for (const int64_t samples : {0, 1, 2, 3}) {
      const auto key = std::to_string(aligned) + std::to_string(samples);
      auto features = reference.at("features").clone().requires_grad_();
      const RoiAlignOptions options{5, 7, 0.25, samples, aligned};
      const auto pooled = roi_align(features, reference.at("regions"), reference.at("image"), options);
      expect_near(pooled, reference.at("pooled." + key), key, 1e-12);
      (pooled * reference.at("weights." + key)).sum().backward();
      expect_near(features.grad(), reference.at("grad." + key), "gradient " + key, 1e-12);
    }
  }
}

TEST_F(TorchvisionParity, SuppressionKeepsTheSameBoxesInTheSameOrder) {
  const auto reference = read("operators");
  for (const int percent : {30, 50, 70}) {
    const auto kept =
        box_nms(reference.at("boxes"), reference.at("scores"), reference.at("groups"), percent / 100.0);
    EXPECT_TRUE(kept.equal(reference.at("kept." + std::to_string(percent)))) << percent;
  }
}

}  // namespace
}  // namespace priorseg
