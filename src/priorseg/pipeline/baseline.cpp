#include "priorseg/pipeline/baseline.h"

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/data/simulator.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_file.h"
#include "priorseg/maskrcnn/baseline_trainer.h"
#include "priorseg/pipeline/training_loop.h"

namespace priorseg {
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

MaskRcnn make_model(const BaselineJob& job, Observer& observer) {
  MaskRcnn model(job.options, job.seed);
  model.set_origin(origin_of(job));
  if (job.pretrained.tensors.empty()) return model;
  const auto kept = load_pretrained(*model.network(), job.pretrained);
  observer.info("starts from " + job.pretrained.file + " (" + job.pretrained.origin + ")");
  std::string names;
  for (const auto& name : kept) names += (names.empty() ? "" : ", ") + name;
  if (!kept.empty()) observer.info("these outputs have another shape there and start at random: " + names);
  return model;
}

void tell_images(const BaselineTrainer& trainer, Observer& observer) {
  const std::string images = "trains on " + std::to_string(trainer.num_training_images()) + " images";
  if (trainer.num_held_out() > 0) {
    observer.info(images + ", " + std::to_string(trainer.num_held_out()) + " held out for validation");
  } else {
    observer.info(images + "; none is held out, the validation loss is taken from the same");
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
  options.intensity.channel = ImageChannel::kGrey;  // nothing chooses them for the baseline
  options.intensity.polarity = Polarity::kBright;
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

void train_baseline(const BaselineJob& job, const BaselineFiles& files, Observer& observer) {
  if (is_finished(job, files)) {
    observer.info(files.model.string() +
                  " is already trained with these settings; --restart trains it again");
    return;
  }
  MaskRcnn model = make_model(job, observer);
  model.to(find_device(job.device));
  const auto& training = job.options.training;
  BaselineTrainer trainer(model, job.images(model), job.seed);
  tell_images(trainer, observer);
  std::string resumed;
  if (!job.restart && fs::exists(files.checkpoint())) {
    resumed = trainer.load_checkpoint(files.checkpoint());
    observer.info("goes on from step " + std::to_string(trainer.steps_done()) + " of " +
                  std::to_string(training.steps));
  }
  TrainingPlan plan;
  plan.task = "train baseline";
  plan.checkpoint = files.checkpoint();
  plan.losses = files.losses();
  plan.checkpoint_every = training.checkpoint_every;
  plan.measure = [&] { return StepFigures{{"validation", trainer.validate()}}; };
  take_steps(trainer, plan, resumed, observer);
  observer.info("the validation loss was lowest at step " + std::to_string(trainer.take_best()) +
                ": these weights are taken");
  model.save(files.model);
  fs::remove(files.checkpoint());
}

std::vector<AnnotatedImage> read_annotated(const std::vector<AnnotatedFile>& files, const MaskRcnn& model,
                                           Observer& observer) {
  std::vector<AnnotatedImage> images;
  int64_t done = 0;
  for (const auto& file : files) {
    observer.check_stop();
    try {
      images.push_back(prepare_annotated(model, read_image(file.image), read_label_map(file.labels)));
    } catch (const Error& error) {
      observer.warn(file.name + ": " + error.what() + "; left out of the training");
    }
    observer.progress({"read images", ++done, std::ssize(files), {}});
  }
  if (images.empty())
    throw Error("none of the " + std::to_string(files.size()) + " annotated images could be read");
  return images;
}

}  // namespace priorseg
