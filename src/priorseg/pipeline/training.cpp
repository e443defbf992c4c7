#include "priorseg/pipeline/training.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/random.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/self_trainer.h"
#include "priorseg/detector/trainer.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/overlay.h"
#include "priorseg/pipeline/image_crops.h"
#include "priorseg/pipeline/training_loop.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPreviewSide = 1000;

/// Shows how far the detector is. A preview that cannot be made ends no training.
void write_preview(const Detector& detector, const std::vector<ImageInput>& images, OutputFolder& folder,
                   Observer& observer) try {
  const Image image = read_first_crop(images);
  // Not stopped: a training that goes on from this checkpoint would lack the preview.
  const auto found = detector.find(image);
  const auto labels = compose_label_map(found.objects, image.height, image.width).labels;
  char name[64];
  std::snprintf(name, sizeof(name), "step_%06lld.png", static_cast<long long>(detector.trained_steps()));
  OverlayOptions options;
  options.max_side = kPreviewSide;
  write_png(folder.claim(folder.previews() / name), draw_overlay(image.pixels, labels, options));
} catch (const Error& error) {
  observer.warn(std::string("no preview: ") + error.what());
}

bool same_shapes(const ShapePrior& a, const ShapePrior& b) {
  if (options_to_json(a.options()) != options_to_json(b.options())) return false;
  const auto latents = torch::eye(a.options().latent_size);
  return a.decode(latents).equal(b.decode(latents));
}

/// The model at `path` if it is what `least_steps` steps with these settings and this prior give.
std::optional<Detector> finished_model(const fs::path& path, const Settings& settings,
                                       const ShapePrior& prior, int64_t least_steps) {
  if (!fs::exists(path)) return std::nullopt;
  Detector model = Detector::load(path);
  const bool same = options_to_json(model.trained_options()) == options_to_json(settings.detector) &&
                    same_shapes(model.prior(), prior) &&
                    model.seed().value_or(settings.seed) == settings.seed;
  if (!same || model.trained_steps() < least_steps) return std::nullopt;
  return model;
}

/// The training of one detector: its images, and where it is written.
struct TrainingJob {
  const std::vector<ImageInput>& images;
  const ShapePrior& prior;
  const Settings& settings;
  OutputFolder& folder;
  torch::Device device;
  Observer& observer;
};

/// Takes the steps of a stage that are left.
template <class AnyTrainer>
void train_stage(AnyTrainer& trainer, Detector& detector, const TrainingJob& job, const std::string& task) {
  const auto checkpoint = job.folder.checkpoint();
  std::string resumed;
  if (fs::exists(checkpoint) && checkpoint_stage(checkpoint) == AnyTrainer::kStage) {
    resumed = trainer.load_checkpoint(checkpoint);
    job.observer.info("goes on from step " + std::to_string(trainer.steps_done()) + " of " +
                      std::to_string(trainer.steps_total()));
  }
  TrainingPlan plan;
  plan.task = task;
  plan.checkpoint = job.folder.claim(checkpoint);
  plan.losses = job.folder.claim(job.folder.losses());
  plan.checkpoint_every = job.settings.detector.training.checkpoint_every;
  // So that an interruption between the stages is known to be of this attempt (interrupted_attempt).
  plan.checkpoint_at_end = AnyTrainer::kStage == Trainer::kStage;
  plan.after_checkpoint = [&] { write_preview(detector, job.images, job.folder, job.observer); };
  try {
    take_steps(trainer, plan, resumed, job.observer);
  } catch (const Stopped&) {
    detector.save(job.folder.claim(job.folder.unfinished_model()));  // who stops may want what is there
    throw;
  }
}

bool is_in_second_stage(const OutputPaths& folder) {
  return fs::exists(folder.checkpoint()) && checkpoint_stage(folder.checkpoint()) == SelfTrainer::kStage;
}

/// First stage: from the images alone.
Detector train_on_images(const TrainingJob& job, uint64_t seed) {
  if (is_in_second_stage(job.folder)) {
    throw Error(
        job.folder.checkpoint().string() +
        " belongs to a training with other settings or another shape prior; give the same, or another "
        "output folder, or --restart");
  }
  Detector detector(job.settings.detector, job.prior, seed);
  detector.set_seed(job.settings.seed);
  detector.to(job.device);
  std::vector<TrainingImage> images;
  for_each_crop(job.images, "read images", job.observer, Unreadable::kTold, [&](const Image& crop) {
    for (const auto& level : detector.levels_of(crop)) {
      const auto prepared = prepare_image(crop, detector.options(), level);
      images.push_back({prepared.mapped, prepared.gradient_scale});
    }
  });
  Trainer trainer(detector, std::move(images), seed);
  train_stage(trainer, detector, job, "train detector");
  return detector;
}

/// The detector after the first stage: the one that an interrupted second stage left, or a new one.
Detector obtain_teacher(const TrainingJob& job, uint64_t seed) {
  if (auto teacher = finished_model(job.folder.teacher(), job.settings, job.prior,
                                    job.settings.detector.training.steps)) {
    teacher->to(job.device);
    return std::move(*teacher);
  }
  Detector detector = train_on_images(job, seed);
  detector.save(job.folder.claim(job.folder.teacher()));
  return detector;
}

constexpr int kMostAttempts = 3;
/// A training that explains a smaller share of what stands out of the images went wrong.
constexpr double kLeastExplained = 0.3;

uint64_t seed_of_attempt(uint64_t seed, int attempt) {
  return attempt == 0 ? seed : Random(seed).stream("attempt " + std::to_string(attempt)).seed();
}

/// The attempt that an interrupted training was at.
int interrupted_attempt(const OutputPaths& folder, uint64_t seed) {
  if (!fs::exists(folder.checkpoint())) return 0;
  for (int attempt = 1; attempt < kMostAttempts; ++attempt)
    if (checkpoint_seed(folder.checkpoint()) == seed_of_attempt(seed, attempt)) return attempt;
  return 0;
}

/// What the detector finds in the images, for the second stage.
std::vector<TeachingImage> find_what_to_learn(const TrainingJob& job, Detector& detector) {
  const auto asked = spread_images(job.images, job.settings.detector.self_training.max_images);
  std::vector<TeachingImage> images;
  for_each_crop(asked, "find what to learn", job.observer, Unreadable::kPassedOver, [&](const Image& crop) {
    std::ranges::move(teach(detector, crop, job.observer), std::back_inserter(images));
  });
  return images;
}

/// Both stages. A first stage that went wrong is repeated with another seed.
Detector train_in_two_stages(const TrainingJob& job) {
  const uint64_t first_seed = job.settings.seed;
  for (int attempt = interrupted_attempt(job.folder, first_seed);; ++attempt) {
    Detector detector = obtain_teacher(job, seed_of_attempt(first_seed, attempt));
    auto images = find_what_to_learn(job, detector);
    const double explained = explained_share(images);
    const bool went_wrong = explained < kLeastExplained && !is_in_second_stage(job.folder);
    job.observer.info("what was found covers " + fixed_number(100 * explained, 0) +
                      " % of what stands out of the images");
    if (!went_wrong || attempt + 1 == kMostAttempts) {
      if (went_wrong) job.observer.warn("three trainings went wrong; look at the overlays");
      SelfTrainer trainer(detector, std::move(images), first_seed);
      train_stage(trainer, detector, job, "learn from finds");
      return detector;
    }
    job.observer.warn("the training went wrong and starts again with another seed");
    fs::remove(job.folder.checkpoint());
    fs::remove(job.folder.teacher());
  }
}

/// The folder's model if it is the one that a training to the end with these settings gives.
std::optional<Detector> trained_before(const TrainingJob& job) {
  const auto& stages = job.settings.detector;
  const auto path = job.folder.model();
  if (fs::exists(job.folder.checkpoint())) return std::nullopt;
  auto model =
      finished_model(path, job.settings, job.prior, stages.training.steps + stages.self_training.steps);
  if (!model) return std::nullopt;
  job.observer.info(path.string() + " is already trained with these settings; --restart trains it again");
  const double level = stages.inference.mask_threshold;
  if (model->options().inference.mask_threshold != level) {  // by annotations of an earlier run
    model->calibrate(level);
    model->save(job.folder.claim(path));
  }
  model->to(job.device);
  return model;
}

}  // namespace

Detector train_detector(const std::vector<ImageInput>& images, const ShapePrior& prior,
                        const Settings& settings, OutputFolder& folder, bool restart,
                        const std::string& device, Observer& observer) {
  const auto used = spread_images(images, settings.detector.training.max_images);
  const TrainingJob job{used, prior, settings, folder, find_device(device), observer};
  if (restart) {
    for (const auto& interim : {folder.checkpoint(), folder.teacher(), folder.unfinished_model()})
      fs::remove(interim);
  } else if (auto model = trained_before(job)) {
    return std::move(*model);
  }
  Detector detector = settings.detector.self_training.steps > 0 ? train_in_two_stages(job)
                                                                : train_on_images(job, settings.seed);
  detector.save(folder.claim(folder.model()));
  for (const auto& interim : {folder.checkpoint(), folder.teacher(), folder.unfinished_model()})
    fs::remove(interim);
  return detector;
}

}  // namespace priorseg
