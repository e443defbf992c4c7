#include "priorseg/nn/convolution.h"

namespace priorseg {

void append_convolution(torch::nn::Sequential& layers, int64_t in_channels, int64_t out_channels,
                        int64_t stride) {
  // No bias: the batch norm that follows has one.
  layers->push_back(torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1).stride(stride).bias(false)));
  layers->push_back(torch::nn::BatchNorm2d(out_channels));
  layers->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

}  // namespace priorseg
