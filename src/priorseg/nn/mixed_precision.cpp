#include "priorseg/nn/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace priorseg {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)

bool is_autocast_on(c10::Device device) { return at::autocast::is_autocast_enabled(device.type()); }

c10::ScalarType autocast_type(c10::Device device) { return at::autocast::get_autocast_dtype(device.type()); }

void set_autocast(c10::Device device, bool enabled, c10::ScalarType type) {
  at::autocast::set_autocast_dtype(device.type(), type);
  at::autocast::set_autocast_enabled(device.type(), enabled);
}

#else

bool is_autocast_on(c10::Device device) {
  return device.is_cuda() ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
}

c10::ScalarType autocast_type(c10::Device device) {
  return device.is_cuda() ? at::autocast::get_autocast_gpu_dtype() : at::autocast::get_autocast_cpu_dtype();
}

void set_autocast(c10::Device device, bool enabled, c10::ScalarType type) {
  if (device.is_cuda()) {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(enabled);
  } else {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(enabled);
  }
}

#endif

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
    : device_(device), was_enabled_(is_autocast_on(device)), type_before_(autocast_type(device)) {
  // Rounded weights are kept without regard to their type.
  if (was_enabled_ && arithmetic != type_before_) at::autocast::clear_cache();
  const bool is_on = arithmetic != c10::kFloat;
  set_autocast(device_, is_on, is_on ? arithmetic : type_before_);
}

MixedPrecision::~MixedPrecision() {
  set_autocast(device_, was_enabled_, type_before_);
  // The rounded weights are kept until here; after the next step of an optimizer they would be old.
  at::autocast::clear_cache();
}

}  // namespace priorseg
