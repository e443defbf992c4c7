#pragma once

#include <ATen/Parallel.h>

#include <filesystem>
#include <vector>

#include "priorseg/data/image_list.h"
#include "priorseg/data/simulator.h"
#include "priorseg/detector/settings.h"
#include "priorseg/pipeline/run.h"
#include "priorseg/pipeline/simulation.h"
#include "support/temporary_folder.h"

namespace priorseg::test {

/// Settings of a job that trains in an instant, both stages, in the arithmetic that every processor has.
inline Settings tiny_settings() {
  Settings settings = make_settings("default");
  settings.prior_masks = 64;
  settings.prior.steps = 20;
  settings.prior.batch_size = 16;
  auto& detector = settings.detector;
  detector.size.min = 14;
  detector.size.max = 24;
  detector.localizer.channels = {8, 8, 16};
  detector.localizer.reduction = 1;
  detector.encoder.channels = {8, 8, 16};
  detector.training.batch_size = 2;
  detector.training.crop_size = 64;
  detector.training.steps = 24;
  detector.training.checkpoint_every = 9;
  options_from_json(detector, {{"training", {{"precision", "float32"}}}, {"encoder", {{"kind", "strided"}}}});
  detector.self_training.steps = 14;
  detector.self_training.refine_steps = 2;
  detector.inference.presence = 0.1;
  detector.inference.min_score = 0;
  return settings;
}

/// Three simulated images with their true label maps, made once a test program. Tests read them only.
class SimulatedImages {
 public:
  static const SimulatedImages& instance() {
    static const SimulatedImages images;
    return images;
  }
  std::vector<std::filesystem::path> images() const { return list_images({folder_ / "images"}); }
  std::vector<std::filesystem::path> labels() const { return list_label_maps({folder_ / "labels"}); }

 private:
  SimulatedImages() {
    SimulatorOptions simulator = simulator_preset("nuclei");
    simulator.height = 96;
    simulator.width = 80;
    simulator.min_size = 14;
    simulator.max_size = 24;
    write_simulated_images(simulator, "nuclei", 3, 1, folder_.path(), nobody());
  }
  TemporaryFolder folder_;
};

/// A job on the simulated images that learns shapes from their label maps, so that every stage takes part.
inline RunInput tiny_input() {
  RunInput input;
  input.segmented = SimulatedImages::instance().images();
  input.images.assign(input.segmented.begin(), input.segmented.end());
  input.label_maps = {SimulatedImages::instance().labels().front()};
  return input;
}

}  // namespace priorseg::test
