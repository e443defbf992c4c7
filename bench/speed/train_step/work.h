#pragma once

#include "priorseg/detector/detector.h"

namespace priorseg::bench {

/// Floating point operations (multiplications and additions counted apart) of the networks in one training
/// step: forward, gradient of the inputs and, except for the frozen decoder, gradient of the weights. Only
/// convolutions and fully connected layers count; so the share of the processor's peak that follows from it
/// is a lower bound.
///
/// @param boxes  decoded in the step.
double flops_of_step(Detector& detector, int64_t batch_size, int64_t crop_size, int64_t boxes);

/// Speed of one plain, large convolution, forward: 3 x 3, 128 to 128 channels, 4 images of 128 x 128,
/// channels-last, float32, with the present number of threads. The best of several calls, in operations a
/// second.
double measure_convolution_peak();

}  // namespace priorseg::bench
