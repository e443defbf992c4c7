#include "baseline_training.h"

#include <spdlog/spdlog.h>

#include <optional>

#include "figure_means.h"
#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/data/simulator.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_file.h"
#include "priorseg/maskrcnn/baseline_trainer.h"
#include "priorseg/output/loss_log.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

std::string origin_of(const BaselineJob& job) {
  const std::string start = job.pretrained.tensors.empty() ? "random weights" : job.pretrained.origin;
  return start + ", then trained on " + job.learned_from;
}

bool is_finished(const BaselineJob& job, const BaselineFiles& files) {
  if (job.restart || !fs::exists(files.model) || fs::exists(files.checkpoint())) return false;
  const auto model = MaskRcnn::load(files.model);
  return options_to_json(model.options()) == options_to_json(job.options) &&
         model.origin() == origin_of(job) && model.trained_steps() >= job.options.training.steps;
}

MaskRcnn make_model(const BaselineJob& job) {
  MaskRcnn model(job.options, job.seed);
  model.set_origin(origin_of(job));
  if (job.pretrained.tensors.empty()) return model;
  const auto kept = load_pretrained(*model.network(), job.pretrained);
  spdlog::info("starts from {} ({})", job.pretrained.file, job.pretrained.origin);
  std::string names;
  for (const auto& name : kept) names += (names.empty() ? "" : ", ") + name;
  if (!kept.empty()) spdlog::info("these outputs have another shape there and start at random: {}", names);
  return model;
}

void tell_images(const BaselineTrainer& trainer) {
  if (trainer.num_held_out() > 0) {
    spdlog::info("trains on {} images, {} held out for validation", trainer.num_training_images(),
                 trainer.num_held_out());
  } else {
    spdlog::info("trains on {} images; none is held out, the validation loss is taken from the same",
                 trainer.num_training_images());
  }
}

std::vector<AnnotatedImage> simulate_annotated(const SimulatorOptions& simulator, int64_t count,
                                               uint64_t seed, const MaskRcnn& model) {
  std::vector<AnnotatedImage> images(static_cast<size_t>(count));
  parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const auto simulated = simulate_image(simulator, seed, i);
      images[static_cast<size_t>(i)] =
          prepare_annotated(model, {simulated.image.unsqueeze(0), 1}, simulated.labels);
    }
  });
  return images;
}

}  // namespace

MaskRcnnOptions baseline_defaults() {
  MaskRcnnOptions options;
  options.intensity = make_settings("default").detector.intensity;
  return options;
}

MaskRcnnOptions starting_from(const PretrainedWeights& weights, MaskRcnnOptions options) {
  options.backbone.frozen_norm = true;
  options.backbone.norm_epsilon = weights.norm_epsilon;
  return options;
}

BaselineJob pretraining_job(const SimulatedImages& images, const MaskRcnnOptions& options, uint64_t seed) {
  SimulatorOptions simulator = simulator_preset(images.preset);
  simulator.min_size = options.size.min;
  simulator.max_size = options.size.max;
  simulator.validate();
  BaselineJob job;
  job.options = options;
  job.seed = seed;
  job.learned_from =
      std::to_string(images.count) + " simulated images (preset " + images.preset + "; no COCO weights)";
  job.images = [simulator, count = images.count, seed](const MaskRcnn& model) {
    return simulate_annotated(simulator, count, seed, model);
  };
  return job;
}

void train_baseline(const BaselineJob& job, const BaselineFiles& files, const ProgressCallback& progress) {
  if (is_finished(job, files)) {
    spdlog::info("{} is already trained with these settings; --restart trains it again",
                 files.model.string());
    return;
  }
  MaskRcnn model = make_model(job);
  model.to(find_device(job.device));
  const auto& training = job.options.training;
  BaselineTrainer trainer(model, job.images(model), job.seed);
  tell_images(trainer);
  if (!job.restart && fs::exists(files.checkpoint())) {
    trainer.load_checkpoint(files.checkpoint());
    spdlog::info("goes on from step {} of {}", trainer.steps_done(), training.steps);
  }
  LossLog log(files.losses(), trainer.steps_done());
  FigureMeans means;
  while (trainer.steps_done() < training.steps) {
    means.add(trainer.step());
    const int64_t step = trainer.steps_done();
    const bool last = step == training.steps, validates = last || step % training.checkpoint_every == 0;
    if (!validates && step % kLogEvery != 0) continue;
    auto figures = means.take();
    if (validates) figures.emplace_back("validation", trainer.validate());
    log.append(step - 1, figures);
    progress({"train baseline", step, training.steps, {figures.front()}});
    if (validates && !last) trainer.save_checkpoint(files.checkpoint());
  }
  spdlog::info("the validation loss was lowest at step {}: these weights are taken", trainer.take_best());
  model.save(files.model);
  fs::remove(files.checkpoint());
}

std::vector<AnnotatedImage> read_annotated(const std::vector<AnnotatedFile>& files, const MaskRcnn& model,
                                           const ProgressCallback& progress) {
  std::vector<AnnotatedImage> images;
  int64_t done = 0;
  for (const auto& file : files) {
    try {
      images.push_back(prepare_annotated(model, read_image(file.image), read_label_map(file.labels)));
    } catch (const Error& error) {
      spdlog::warn("{}: {}; left out of the training", file.name, error.what());
    }
    progress({"read images", ++done, std::ssize(files), {}});
  }
  if (images.empty())
    throw Error("none of the " + std::to_string(files.size()) + " annotated images could be read");
  return images;
}

}  // namespace priorseg::program
