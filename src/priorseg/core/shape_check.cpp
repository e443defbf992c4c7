#include "priorseg/core/shape_check.h"

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

std::string found_shape(const torch::Tensor& tensor) {
  if (!tensor.defined()) return "no shape (undefined)";
  std::string text = "shape [";
  for (int64_t i = 0; i < tensor.dim(); ++i) text += (i ? "," : "") + std::to_string(tensor.size(i));
  return text + "]";
}

std::string expected_shape(std::initializer_list<ExpectedDim> expected) {
  std::string text = "[";
  for (const auto& dim : expected) text += (text.size() > 1 ? "," : "") + (dim ? std::to_string(*dim) : "*");
  return text + "]";
}

bool matches(const torch::Tensor& tensor, std::initializer_list<ExpectedDim> expected) {
  if (!tensor.defined() || tensor.dim() != static_cast<int64_t>(expected.size())) return false;
  int64_t i = 0;
  for (const auto& dim : expected) {
    if (dim && tensor.size(i) != *dim) return false;
    ++i;
  }
  return true;
}

}  // namespace

void check_shape(const torch::Tensor& tensor, std::initializer_list<ExpectedDim> expected,
                 const std::string& name) {
  if (!matches(tensor, expected)) {
    throw Error(name + " has " + found_shape(tensor) + ", expected " + expected_shape(expected));
  }
}

}  // namespace priorseg
