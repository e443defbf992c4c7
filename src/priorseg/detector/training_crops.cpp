#include "priorseg/detector/training_crops.h"

#include <torch/types.h>

#include <algorithm>

#include "priorseg/image/resample.h"

namespace priorseg {
namespace {

torch::Tensor draw_crop(const TrainingImage& image, int64_t size, Random& random) {
  auto mapped = image.mapped;
  const int64_t missing_rows = std::max<int64_t>(0, size - mapped.size(0));
  const int64_t missing_columns = std::max<int64_t>(0, size - mapped.size(1));
  if (missing_rows > 0 || missing_columns > 0)
    mapped = pad_mirrored(mapped, 0, missing_rows, 0, missing_columns);
  const int64_t top = random.integer(0, mapped.size(0) - size);
  const int64_t left = random.integer(0, mapped.size(1) - size);
  auto crop = mapped.slice(0, top, top + size).slice(1, left, left + size);
  if (random.chance(0.5)) crop = crop.flip(0);
  if (random.chance(0.5)) crop = crop.flip(1);
  if (random.chance(0.5)) crop = crop.t();
  return crop.contiguous();
}

/// Noise of unit variance, smoothed by repeated averaging: camera noise is white, resampled or compressed
/// noise is not.
torch::Tensor draw_noise(int64_t size, Random& random, at::Generator& generator) {
  auto noise = torch::randn({1, 1, size, size}, generator);
  const int64_t smoothings = random.integer(0, 3);
  for (int64_t i = 0; i < smoothings; ++i) {
    noise = torch::avg_pool2d(torch::replication_pad2d(noise, {1, 1, 1, 1}), 3, 1);
  }
  return (noise / noise.std().clamp_min(1e-6)).view({size, size});
}

torch::Tensor draw_blank(int64_t size, const IntensityOptions& intensity, Random& random,
                         at::Generator& generator) {
  if (intensity.noise_floor <= 0) return torch::zeros({size, size});
  const auto signal = draw_noise(size, random, generator) / intensity.noise_floor * random.uniform(0.0, 1.2);
  return signal.clamp(0, 1);
}

}  // namespace

CropBatch draw_crops(const std::vector<TrainingImage>& images, const DetectorOptions& options, Random& random,
                     at::Generator& generator) {
  const auto& training = options.training;
  // Blank crops carry the same full scale as real ones: a typical edge, so that their noise stays faint.
  std::vector<torch::Tensor> crops;
  std::vector<float> scales;
  for (int64_t i = 0; i < training.batch_size; ++i) {
    const auto& image =
        images[static_cast<size_t>(random.integer(0, static_cast<int64_t>(images.size()) - 1))];
    scales.push_back(static_cast<float>(image.gradient_scale));
    // Never the first: every batch has something to find.
    const bool blank = i > 0 && random.chance(training.blank_crops);
    crops.push_back(blank ? draw_blank(training.crop_size, options.intensity, random, generator)
                          : draw_crop(image, training.crop_size, random));
  }
  return {torch::stack(crops).unsqueeze(1), torch::tensor(scales).view({-1, 1, 1, 1})};
}

}  // namespace priorseg
