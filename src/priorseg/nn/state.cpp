#include "priorseg/nn/state.h"

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

template <class Visit>
void for_each_tensor(const torch::nn::Module& module, const Visit& visit) {
  for (const auto& item : module.named_parameters()) visit(item.key(), item.value());
  for (const auto& item : module.named_buffers()) visit(item.key(), item.value());
}

}  // namespace

void collect_state(const torch::nn::Module& module, const std::string& prefix,
                   std::map<std::string, torch::Tensor>& tensors) {
  for_each_tensor(module, [&](const std::string& name, const torch::Tensor& tensor) {
    tensors[prefix + name] = tensor.detach().to(torch::kCPU).clone(torch::MemoryFormat::Contiguous);
  });
}

void restore_state(torch::nn::Module& module, const std::string& prefix,
                   const std::map<std::string, torch::Tensor>& tensors) {
  torch::NoGradGuard no_grad;
  for_each_tensor(module, [&](const std::string& name, const torch::Tensor& tensor) {
    const auto found = tensors.find(prefix + name);
    if (found == tensors.end())
      throw Error("the file lacks the tensor " + prefix + name + ": it was made with other settings");
    if (found->second.sizes() != tensor.sizes()) {
      throw Error("the tensor " + prefix + name +
                  " has another shape than its settings say: the file is damaged");
    }
    torch::Tensor(tensor).copy_(found->second);
  });
}

void copy_state(const torch::nn::Module& from, torch::nn::Module& to) {
  std::map<std::string, torch::Tensor> tensors;
  for_each_tensor(from,
                  [&](const std::string& name, const torch::Tensor& tensor) { tensors[name] = tensor; });
  restore_state(to, "", tensors);
}

torch::Device device_of(const torch::nn::Module& module) { return module.parameters().front().device(); }

}  // namespace priorseg
