#include "priorseg/nn/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace priorseg {
namespace {

void set_autocast(c10::Device device, bool enabled, c10::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(device.type(), type);
  at::autocast::set_autocast_enabled(device.type(), enabled);
#else
  if (device.is_cuda()) {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(enabled);
  } else {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(enabled);
  }
#endif
}

}  // namespace

bool has_bfloat16_units() {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

c10::ScalarType arithmetic_of(Precision precision, c10::Device device) {
  const bool has_units = device.is_cpu() ? has_bfloat16_units() : true;
  return precision == Precision::kBFloat16 && has_units ? c10::kBFloat16 : c10::kFloat;
}

MixedPrecision::MixedPrecision(c10::ScalarType arithmetic, c10::Device device)
    : is_active_(arithmetic != c10::kFloat), device_(device) {
  if (is_active_) set_autocast(device_, true, arithmetic);
}

MixedPrecision::~MixedPrecision() {
  if (!is_active_) return;
  set_autocast(device_, false, c10::kBFloat16);
  // The rounded weights are kept until here; after the next step of an optimizer they would be old.
  at::autocast::clear_cache();
}

}  // namespace priorseg
