#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "priorseg/nn/precision.h"

namespace priorseg {

/// True where this processor has units for bfloat16 arithmetic: elsewhere it would be slower than float32.
bool has_bfloat16_units();

/// What a setting means on this device: kBFloat16 where it says so and the device has units for that, else
/// kFloat32.
c10::ScalarType arithmetic_of(Precision precision, c10::Device device);

/// As long as it lives, convolutions and linear maps that this thread calls on the device compute in the
/// given type (LibTorch's "autocast"); weights stay float32 and are rounded for each use. Results of these
/// layers are of that type: whoever needs float32 converts. kFloat32: autocast is off. Derivatives follow the
/// types of the forward pass and may be computed after it is gone. Then autocast is as it was found: on or
/// off, and with the type that a caller had chosen. They may be nested.
class MixedPrecision {
 public:
  MixedPrecision(c10::ScalarType arithmetic, c10::Device device);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  c10::Device device_;
  bool was_enabled_;
  c10::ScalarType type_before_;
};

}  // namespace priorseg
