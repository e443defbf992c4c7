#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

class MaskRcnnNetworkImpl;

/// Weights to start a training from.
struct PretrainedWeights {
  std::string file;                              ///< for messages
  std::map<std::string, torch::Tensor> tensors;  ///< by the names of MaskRcnnNetwork
  double norm_epsilon = 1e-5;  ///< what batch norm adds to the variances, with these weights
  std::string origin;          ///< one line: what they are
};

/// Reads a safetensors file: a Mask R-CNN or a ResNet of torchvision, as
/// scripts/torchvision_to_safetensors.py writes it, or a model of this program's baseline. Counters of batch
/// norm and the classifier of a ResNet are left out.
/// @throws Error where the file holds neither.
PretrainedWeights read_pretrained(const std::filesystem::path& path);

/// Fills the network. Weights of a ResNet fill the backbone's body only. Outputs that another number of
/// classes or anchors gives another shape keep their random weights.
/// @return  names of the tensors that do so.
/// @throws Error where a tensor is missing, is not known, or has another shape: nothing is changed then.
std::vector<std::string> load_pretrained(MaskRcnnNetworkImpl& network, const PretrainedWeights& weights);

}  // namespace priorseg
