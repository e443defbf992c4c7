#include "training.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "figure_means.h"
#include "image_crops.h"
#include "priorseg/core/atomic_file.h"
#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/random.h"
#include "priorseg/detector/self_trainer.h"
#include "priorseg/detector/trainer.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/loss_log.h"
#include "priorseg/output/overlay.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPreviewSide = 1000;

void write_preview(Detector& detector, const fs::path& image_path, const OutputFolder& folder) {
  const Image image = read_crops(image_path).front();
  const auto found = detector.find(image);
  const auto labels = compose_label_map(found.objects, image.height, image.width).labels;
  char name[64];
  std::snprintf(name, sizeof(name), "step_%06lld.png", static_cast<long long>(detector.trained_steps()));
  OverlayOptions options;
  options.max_side = kPreviewSide;
  write_png(folder.previews() / name, draw_overlay(image.pixels, labels, options));
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
                    same_shapes(model.prior(), prior);
  if (!same || model.trained_steps() < least_steps) return std::nullopt;
  return model;
}

/// What a training writes while it goes on, and from where it goes on.
class TrainingFiles {
 public:
  TrainingFiles(const OutputFolder& folder, fs::path preview_image, int64_t checkpoint_every)
      : folder_(folder), preview_image_(std::move(preview_image)), checkpoint_every_(checkpoint_every) {}

  /// Takes the steps that are left, with a row of losses.csv every few steps, checkpoints and previews.
  template <class AnyTrainer>
  void train(AnyTrainer& trainer, Detector& detector, const std::string& task,
             const ProgressCallback& progress) {
    if (fs::exists(folder_.checkpoint()) && checkpoint_stage(folder_.checkpoint()) == AnyTrainer::kStage) {
      trainer.load_checkpoint(folder_.checkpoint());
      spdlog::info("goes on from step {} of {}", trainer.steps_done(), trainer.steps_total());
    }
    LossLog log(folder_.losses(), trainer.steps_done());
    FigureMeans means;
    while (trainer.steps_done() < trainer.steps_total()) {
      means.add(trainer.step());
      const int64_t step = trainer.steps_done();
      const bool last = step == trainer.steps_total();
      if (step % kLogEvery == 0 || last) {
        const auto figures = means.take();
        log.append(step - 1, figures);
        progress({task, step, trainer.steps_total(), {figures.front()}});
      }
      if (step % checkpoint_every_ == 0 && !last) {
        trainer.save_checkpoint(folder_.checkpoint());
        write_preview(detector, preview_image_, folder_);
      }
    }
  }

 private:
  const OutputFolder& folder_;
  fs::path preview_image_;
  int64_t checkpoint_every_;
};

bool is_in_second_stage(const OutputFolder& folder) {
  return fs::exists(folder.checkpoint()) && checkpoint_stage(folder.checkpoint()) == SelfTrainer::kStage;
}

/// First stage: from the images alone.
Detector train_on_images(const std::vector<fs::path>& paths, const ShapePrior& prior,
                         const Settings& settings, uint64_t seed, const OutputFolder& folder,
                         TrainingFiles& files, torch::Device device, const ProgressCallback& progress) {
  if (is_in_second_stage(folder)) {
    throw Error(
        folder.checkpoint().string() +
        " belongs to a training with other settings or another shape prior; give the same, or another "
        "output folder, or --restart");
  }
  Detector detector(settings.detector, prior, seed);
  detector.to(device);
  std::vector<TrainingImage> images;
  for_each_crop(paths, "read images", progress, Unreadable::kTold, [&](const Image& crop) {
    const auto prepared = prepare_image(crop, detector.options(), detector.scale_of(crop));
    images.push_back({prepared.mapped, prepared.gradient_scale});
  });
  Trainer trainer(detector, std::move(images), seed);
  files.train(trainer, detector, "train detector", progress);
  return detector;
}

/// The detector after the first stage: the one that an interrupted second stage left, or a new one.
Detector obtain_teacher(const std::vector<fs::path>& paths, const ShapePrior& prior, const Settings& settings,
                        uint64_t seed, const OutputFolder& folder, TrainingFiles& files, torch::Device device,
                        const ProgressCallback& progress) {
  if (auto teacher = finished_model(folder.teacher(), settings, prior, settings.detector.training.steps)) {
    teacher->to(device);
    return std::move(*teacher);
  }
  Detector detector = train_on_images(paths, prior, settings, seed, folder, files, device, progress);
  detector.save(folder.teacher());
  return detector;
}

constexpr int kMostAttempts = 3;
/// A training that explains a smaller share of what stands out of the images went wrong.
constexpr double kLeastExplained = 0.3;

uint64_t seed_of_attempt(uint64_t seed, int attempt) {
  return attempt == 0 ? seed : Random(seed).stream("attempt " + std::to_string(attempt)).seed();
}

/// The attempt that an interrupted training was at.
int interrupted_attempt(const OutputFolder& folder, uint64_t seed) {
  if (!fs::exists(folder.checkpoint())) return 0;
  for (int attempt = 1; attempt < kMostAttempts; ++attempt)
    if (checkpoint_seed(folder.checkpoint()) == seed_of_attempt(seed, attempt)) return attempt;
  return 0;
}

/// What the detector finds in the images, for the second stage.
std::vector<TeachingImage> find_what_to_learn(const std::vector<fs::path>& paths, Detector& detector,
                                              const ProgressCallback& progress) {
  std::vector<TeachingImage> images;
  for_each_crop(paths, "find what to learn", progress, Unreadable::kPassedOver,
                [&](const Image& crop) { images.push_back(teach(detector, crop)); });
  return images;
}

/// Both stages. A first stage that went wrong is repeated with another seed.
Detector train_in_two_stages(const std::vector<fs::path>& paths, const ShapePrior& prior,
                             const Settings& settings, const OutputFolder& folder, TrainingFiles& files,
                             torch::Device device, const ProgressCallback& progress) {
  for (int attempt = interrupted_attempt(folder, settings.seed);; ++attempt) {
    const uint64_t seed = seed_of_attempt(settings.seed, attempt);
    Detector detector = obtain_teacher(paths, prior, settings, seed, folder, files, device, progress);
    auto images =
        find_what_to_learn(spread(paths, settings.detector.self_training.max_images), detector, progress);
    const double explained = explained_share(images);
    const bool went_wrong = explained < kLeastExplained && !is_in_second_stage(folder);
    spdlog::info("what was found covers {:.0f} % of what stands out of the images", 100 * explained);
    if (!went_wrong || attempt + 1 == kMostAttempts) {
      if (went_wrong) spdlog::warn("three trainings went wrong; look at the overlays");
      SelfTrainer trainer(detector, std::move(images), settings.seed);
      files.train(trainer, detector, "learn from finds", progress);
      return detector;
    }
    spdlog::warn("the training went wrong and starts again with another seed");
    fs::remove(folder.checkpoint());
    fs::remove(folder.teacher());
  }
}

}  // namespace

Detector train_detector(const std::vector<fs::path>& images, const ShapePrior& prior,
                        const Settings& settings, const OutputFolder& folder, bool restart,
                        const std::string& device, const ProgressCallback& progress) {
  const auto place = find_device(device);
  const auto& stages = settings.detector;
  const int64_t all_steps = stages.training.steps + stages.self_training.steps;
  if (restart) {
    fs::remove(folder.checkpoint());
    fs::remove(folder.teacher());
  } else if (!fs::exists(folder.checkpoint())) {
    if (auto model = finished_model(folder.model(), settings, prior, all_steps)) {
      spdlog::info("{} is already trained with these settings; --restart trains it again",
                   folder.model().string());
      const double level = settings.detector.inference.mask_threshold;
      if (model->options().inference.mask_threshold != level) {  // by annotations of an earlier run
        model->calibrate(level);
        model->save(folder.model());
      }
      model->to(place);
      return std::move(*model);
    }
  }
  const auto used = spread(images, stages.training.max_images);
  TrainingFiles files(folder, used.front(), stages.training.checkpoint_every);
  Detector detector =
      stages.self_training.steps > 0
          ? train_in_two_stages(used, prior, settings, folder, files, place, progress)
          : train_on_images(used, prior, settings, settings.seed, folder, files, place, progress);
  detector.save(folder.model());
  fs::remove(folder.checkpoint());
  fs::remove(folder.teacher());
  return detector;
}

void write_settings(const Settings& settings, const OutputFolder& folder) {
  write_text_atomically(folder.settings(), options_to_json(settings).dump(2) + "\n");
}

}  // namespace priorseg::program
