#include "training.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "figure_means.h"
#include "priorseg/core/atomic_file.h"
#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/detector/trainer.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/loss_log.h"
#include "priorseg/output/overlay.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPreviewSide = 1000;

/// At most `most` of `images`, evenly spread: frames of a film change along the list.
std::vector<fs::path> spread(const std::vector<fs::path>& images, int64_t most) {
  if (std::ssize(images) <= most) return images;
  std::vector<fs::path> chosen;
  for (int64_t i = 0; i < most; ++i)
    chosen.push_back(images[static_cast<size_t>(i * std::ssize(images) / most)]);
  return chosen;
}

constexpr int64_t kCropSide = 1024;  // px, of crops of a large image
constexpr int64_t kCropsAcross = 4;  // in each direction: together at most as many pixels as a band

std::vector<int64_t> crop_places(int64_t length) {
  const int64_t count = std::min(kCropsAcross, std::max<int64_t>(1, length / kCropSide));
  std::vector<int64_t> first;
  for (int64_t i = 0; i < count; ++i)
    first.push_back(count == 1 ? 0 : i * (length - kCropSide) / (count - 1));
  return first;
}

/// The pixels of an image, or evenly spread crops of one that is too large to be held.
std::vector<torch::Tensor> read_crops(ImageReader& reader) {
  const ImageFrame& frame = reader.frame();
  if (frame.height * frame.width <= Detector::kBandPixels) return {reader.read_rows(0, frame.height)};
  std::vector<torch::Tensor> crops;
  for (const int64_t top : crop_places(frame.height)) {
    const auto rows = reader.read_rows(top, std::min(frame.height, top + kCropSide));
    for (const int64_t left : crop_places(frame.width))
      crops.push_back(rows.slice(2, left, left + kCropSide).clone());
  }
  return crops;
}

std::vector<TrainingImage> read_training_images(const std::vector<fs::path>& paths, const Detector& detector,
                                                const ProgressCallback& progress) {
  std::vector<TrainingImage> images;
  int64_t done = 0;
  for (const auto& path : paths) {
    try {
      ImageReader reader(path);
      for (const auto& pixels : read_crops(reader)) {
        const auto prepared =
            prepare_image(pixels, reader.frame().quantum(), detector.options(), detector.scale());
        images.push_back({prepared.mapped, prepared.gradient_scale});
      }
    } catch (const Error& error) {
      spdlog::warn("{}; left out of the training", error.what());
    }
    progress({"read images", ++done, std::ssize(paths), {}});
  }
  if (images.empty())
    throw Error("none of the " + std::to_string(paths.size()) + " training images could be read");
  return images;
}

void write_preview(Detector& detector, const fs::path& image_path, const OutputFolder& folder) {
  ImageReader reader(image_path);
  const auto pixels = read_crops(reader).front();
  const auto found = detector.find(pixels, reader.frame().quantum());
  const auto labels = compose_label_map(found.objects, pixels.size(1), pixels.size(2)).labels;
  char name[64];
  std::snprintf(name, sizeof(name), "step_%06lld.png", static_cast<long long>(detector.trained_steps()));
  OverlayOptions options;
  options.max_side = kPreviewSide;
  write_png(folder.previews() / name, draw_overlay(pixels, labels, options));
}

bool same_shapes(const ShapePrior& a, const ShapePrior& b) {
  if (options_to_json(a.options()) != options_to_json(b.options())) return false;
  const auto latents = torch::eye(a.options().latent_size);
  return a.decode(latents).equal(b.decode(latents));
}

/// The folder's model if it is what a training with these settings and this prior would give.
std::optional<Detector> finished_model(const OutputFolder& folder, const Settings& settings,
                                       const ShapePrior& prior) {
  if (!fs::exists(folder.model())) return std::nullopt;
  Detector model = Detector::load(folder.model());
  const bool same = options_to_json(model.options()) == options_to_json(settings.detector) &&
                    same_shapes(model.prior(), prior);
  if (!same || model.trained_steps() < settings.detector.training.steps) return std::nullopt;
  return model;
}

}  // namespace

Detector train_detector(const std::vector<fs::path>& images, const ShapePrior& prior,
                        const Settings& settings, const OutputFolder& folder, bool restart,
                        const std::string& device, const ProgressCallback& progress) {
  const auto place = find_device(device);
  if (!restart && !fs::exists(folder.checkpoint())) {
    if (auto model = finished_model(folder, settings, prior)) {
      spdlog::info("{} is already trained with these settings; --restart trains it again",
                   folder.model().string());
      model->to(place);
      return std::move(*model);
    }
  }
  Detector detector(settings.detector, prior, settings.seed);
  detector.to(place);
  const auto& training = settings.detector.training;
  const auto used = spread(images, training.max_images);
  Trainer trainer(detector, read_training_images(used, detector, progress), settings.seed);
  if (!restart && fs::exists(folder.checkpoint())) {
    trainer.load_checkpoint(folder.checkpoint());
    spdlog::info("goes on from step {} of {}", trainer.steps_done(), training.steps);
  }
  LossLog log(folder.losses(), trainer.steps_done());
  FigureMeans means;
  while (trainer.steps_done() < training.steps) {
    means.add(trainer.step());
    const int64_t step = trainer.steps_done();
    const bool last = step == training.steps;
    if (step % kLogEvery == 0 || last) {
      const auto figures = means.take();
      log.append(step - 1, figures);
      progress({"train detector", step, training.steps, {figures.front()}});
    }
    if (step % training.checkpoint_every == 0 && !last) {
      trainer.save_checkpoint(folder.checkpoint());
      write_preview(detector, used.front(), folder);
    }
  }
  detector.save(folder.model());
  fs::remove(folder.checkpoint());
  return detector;
}

void write_settings(const Settings& settings, const OutputFolder& folder) {
  write_text_atomically(folder.settings(), options_to_json(settings).dump(2) + "\n");
}

}  // namespace priorseg::program
