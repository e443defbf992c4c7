#include "priorseg/maskrcnn/pretrained.h"

#include <torch/torch.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

using Tensors = std::map<std::string, torch::Tensor>;

const std::string kBody = "backbone.body.";

bool is_left_out(const std::string& name) {
  return name.ends_with("num_batches_tracked") || name == "fc.weight" || name == "fc.bias";
}

/// Outputs whose shape depends on the number of classes or of anchors a place.
bool depends_on_task(const std::string& name) {
  for (const char* layer : {"rpn.head.cls_logits.", "rpn.head.bbox_pred.", "roi_heads.box_predictor.",
                            "roi_heads.mask_predictor.mask_fcn_logits."})
    if (name.starts_with(layer)) return true;
  return false;
}

std::string shown(const torch::Tensor& tensor) {
  std::string text = "[";
  for (int64_t i = 0; i < tensor.dim(); ++i) text += (i ? "," : "") + std::to_string(tensor.size(i));
  return text + "]";
}

/// What a model of this program says of itself.
std::string own_origin(const TensorFile& file) {
  const auto text = file.metadata.find("settings");
  if (text == file.metadata.end()) return "";
  const auto settings = nlohmann::json::parse(text->second, nullptr, false);
  return settings.is_object() ? settings.value("origin", "") : "";
}

}  // namespace

PretrainedWeights read_pretrained(const std::filesystem::path& path) {
  TensorFile file = read_tensor_file(path);
  const bool whole = file.tensors.contains(kBody + "conv1.weight");
  if (!whole && !file.tensors.contains("conv1.weight")) {
    throw Error(
        path.string() +
        " holds neither a Mask R-CNN nor a ResNet, expected a model of 'priorseg baseline' or a file of "
        "scripts/torchvision_to_safetensors.py");
  }
  PretrainedWeights weights;
  weights.file = path.string();
  for (const auto& [name, tensor] : file.tensors)
    if (!is_left_out(name)) weights.tensors[whole ? name : kBody + name] = tensor;
  if (const auto epsilon = file.metadata.find("norm_epsilon"); epsilon != file.metadata.end())
    weights.norm_epsilon = std::strtod(epsilon->second.c_str(), nullptr);
  weights.origin = own_origin(file);
  if (weights.origin.empty())
    weights.origin = (whole ? "Mask R-CNN of " : "ResNet of ") + path.filename().string();
  return weights;
}

std::vector<std::string> load_pretrained(MaskRcnnNetworkImpl& network, const PretrainedWeights& weights) {
  Tensors chosen;
  collect_state(network, "", chosen);
  const bool whole = weights.tensors.contains("rpn.head.cls_logits.weight");
  for (const auto& entry : weights.tensors) {
    if (!chosen.contains(entry.first))
      throw Error(weights.file + " holds the tensor " + entry.first +
                  ", which this network does not have; check backbone.kind");
  }
  std::vector<std::string> kept;
  for (auto& [name, tensor] : chosen) {
    if (!whole && !name.starts_with(kBody)) continue;
    const auto found = weights.tensors.find(name);
    if (found == weights.tensors.end())
      throw Error(weights.file + " lacks the tensor " + name + "; check backbone.kind, or convert it again");
    if (found->second.sizes() == tensor.sizes()) {
      tensor = found->second;
    } else if (depends_on_task(name)) {
      kept.push_back(name);
    } else {
      throw Error(weights.file + ": the tensor " + name + " has shape " + shown(found->second) +
                  ", expected " + shown(tensor));
    }
  }
  restore_state(network, "", chosen);
  return kept;
}

}  // namespace priorseg
