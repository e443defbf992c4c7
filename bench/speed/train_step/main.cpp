// Times the training step of priorseg against the straightforward formulation (reference_step.h), interleaved
// in one run, and measures how well the cores are used. Prints a Markdown table; writes the figures as JSON.
// usage: bench_train_step JSON_FILE [ROUNDS]
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "priorseg/data/simulator.h"
#include "priorseg/detector/settings.h"
#include "priorseg/detector/trainer.h"
#include "priorseg/shapes/synthetic_shapes.h"
#include "reference_step.h"
#include "work.h"

namespace priorseg::bench {
namespace {

constexpr uint64_t kSeed = 1;

/// Times of single steps, in seconds.
struct Times {
  std::vector<double> seconds;

  template <class Step>
  void measure(Step step) {
    const auto start = std::chrono::steady_clock::now();
    step();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  double median() const {
    auto sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

/// The default preset in the arithmetic of the reference.
Settings float32_settings() {
  Settings settings = make_settings("default");
  settings.detector.training.precision = Precision::kFloat32;
  return settings;
}

/// The networks of the paper's kind, at full resolution, every box of every grid cell.
Settings straightforward_settings() {
  Settings settings = make_settings("default");
  const Settings paper = make_settings("paper");
  settings.prior.encoder = paper.prior.encoder;
  settings.prior.decoder = paper.prior.decoder;
  settings.detector.encoder = paper.detector.encoder;
  settings.detector.localizer.channels = paper.detector.localizer.channels;
  settings.detector.localizer.reduction = paper.detector.localizer.reduction;
  settings.detector.training.batch_size = paper.detector.training.batch_size;
  settings.detector.training.boxes = 1;
  return settings;
}

/// A prior that has seen a few steps only: its weights do not change what a step costs.
ShapePrior quick_prior(Settings settings) {
  settings.prior.steps = 20;
  Random random(kSeed);
  return ShapePrior::train(draw_synthetic_masks(256, settings.shapes, random), settings.prior, kSeed);
}

std::vector<TrainingImage> training_images(const Settings& settings, const NetworkScale& scale) {
  std::vector<TrainingImage> images;
  for (int64_t i = 0; i < 4; ++i) {
    const auto simulated = simulate_image(simulator_preset("nuclei"), kSeed, i);
    const auto prepared = prepare_image({simulated.image.unsqueeze(0), 1}, settings.detector, scale);
    images.push_back({prepared.mapped, prepared.gradient_scale});
  }
  return images;
}

struct Comparison {
  double reference = 0, ours = 0;         ///< median seconds an image
  double ratio = 0, least = 0, most = 0;  ///< reference / ours an image: of the medians, and over the rounds
};

nlohmann::json to_json(const Comparison& c) {
  return {{"reference_seconds_an_image", c.reference},
          {"ours_seconds_an_image", c.ours},
          {"value", c.ratio},
          {"minimum", c.least},
          {"maximum", c.most}};
}

/// Both train their own copy of a detector; a round is one step of the reference and one of ours.
Comparison compare(const Settings& reference_settings, const Settings& our_settings, int rounds) {
  Detector reference_detector(reference_settings.detector, quick_prior(reference_settings), kSeed);
  Detector our_detector(our_settings.detector, quick_prior(our_settings), kSeed);
  ReferenceStep reference(reference_detector, training_images(reference_settings, reference_detector.scale()),
                          kSeed);
  Trainer ours(our_detector, training_images(our_settings, our_detector.scale()), kSeed);
  Times reference_times, our_times;
  for (int round = -1; round < rounds; ++round) {
    if (round == 0) reference_times = our_times = {};  // the round before is warm-up
    reference_times.measure([&] { reference.step(round + 1); });
    our_times.measure([&] { ours.step(); });
  }
  const auto reference_batch = static_cast<double>(reference_settings.detector.training.batch_size);
  const auto our_batch = static_cast<double>(our_settings.detector.training.batch_size);
  Comparison result{reference_times.median() / reference_batch, our_times.median() / our_batch, 0, INFINITY,
                    0};
  result.ratio = result.reference / result.ours;
  for (int round = 0; round < rounds; ++round) {
    const double ratio =
        reference_times.seconds[round] / reference_batch / (our_times.seconds[round] / our_batch);
    result.least = std::min(result.least, ratio);
    result.most = std::max(result.most, ratio);
  }
  return result;
}

/// The first loss of both from the same weights, crops and noise, with every box, in float32: it must agree,
/// or they are not the same mathematics and the comparison is void.
double loss_difference() {
  Settings settings = float32_settings();
  settings.detector.training.boxes = 1;
  const auto prior = quick_prior(settings);
  Detector first(settings.detector, prior, kSeed), second(settings.detector, prior, kSeed);
  ReferenceStep reference(first, training_images(settings, first.scale()), kSeed, 160);
  Trainer ours(second, training_images(settings, second.scale()), kSeed);
  return std::abs(reference.step(0) - ours.step().front().second);
}

struct Threads {
  double seconds_with_one = 0, seconds_with_two = 0, share_of_peak = 0, peak = 0;
};

/// One thread and two in turn, so that a drift of the machine meets both.
Threads measure_threads(const Settings& settings, int rounds) {
  Detector detector(settings.detector, quick_prior(settings), kSeed);
  Trainer trainer(detector, training_images(settings, detector.scale()), kSeed);
  trainer.step();
  Times one, two;
  Threads result;
  for (int round = 0; round < rounds; ++round) {
    torch::set_num_threads(1);
    one.measure([&] { trainer.step(); });
    torch::set_num_threads(2);
    two.measure([&] { trainer.step(); });
    result.peak = std::max(result.peak, measure_convolution_peak());
  }
  result.seconds_with_one = one.median();
  result.seconds_with_two = two.median();
  const auto& training = settings.detector.training;
  const int64_t cell = settings.detector.localizer.cell_size();
  const int64_t grid = (training.crop_size / cell) * (training.crop_size / cell);
  const auto boxes = std::llround(training.boxes * static_cast<double>(training.batch_size * grid));
  result.share_of_peak =
      flops_of_step(detector, training.batch_size, training.crop_size, boxes) / two.median() / result.peak;
  return result;
}

void print_row(const char* name, const Comparison& c) {
  std::printf("| %s | %.1f | %.1f | %.1f (%.1f to %.1f) |\n", name, 1e3 * c.reference, 1e3 * c.ours, c.ratio,
              c.least, c.most);
}

int run(const std::string& json_file, int rounds) {
  torch::set_num_threads(2);
  const double difference = loss_difference();
  if (!(difference < 1e-3)) {
    std::fprintf(stderr,
                 "the reference and priorseg differ by %g in the first loss: they do not compute the same\n",
                 difference);
    return 1;
  }
  const Settings ours = make_settings("default"), in_float32 = float32_settings();
  const auto straightforward = compare(straightforward_settings(), ours, rounds);
  const auto straightforward_float32 = compare(straightforward_settings(), in_float32, rounds);
  const auto same_networks = compare(in_float32, in_float32, rounds);
  const auto threads = measure_threads(in_float32, 3 * rounds),
             short_threads = measure_threads(ours, 3 * rounds);
  const double efficiency = threads.seconds_with_one / (2 * threads.seconds_with_two);
  const double short_efficiency = short_threads.seconds_with_one / (2 * short_threads.seconds_with_two);

  std::printf(
      "| reference | reference, ms an image | priorseg, ms an image | ratio (smallest to largest of %d "
      "rounds) |\n",
      rounds);
  std::printf("|---|---|---|---|\n");
  print_row("straightforward networks and operators", straightforward);
  print_row("the same, priorseg in float32", straightforward_float32);
  print_row("priorseg's networks, straightforward operators, both in float32", same_networks);
  std::printf("\nFirst loss of both from the same weights, crops and noise: difference %.1e.\n", difference);
  std::printf("Step in float32 with one thread %.1f ms, with two %.1f ms: parallel efficiency %.2f.\n",
              1e3 * threads.seconds_with_one, 1e3 * threads.seconds_with_two, efficiency);
  std::printf("Step of the default with one thread %.1f ms, with two %.1f ms: parallel efficiency %.2f.\n",
              1e3 * short_threads.seconds_with_one, 1e3 * short_threads.seconds_with_two, short_efficiency);
  std::printf("Large convolution %.0f GFLOP/s; the networks of the step in float32 reach %.2f of it.\n",
              threads.peak / 1e9, threads.share_of_peak);
  std::ofstream(json_file) << nlohmann::json{{"train_step_ratio", to_json(straightforward)},
                                             {"train_step_ratio_float32", to_json(straightforward_float32)},
                                             {"train_step_ratio_same_networks", to_json(same_networks)},
                                             {"first_loss_difference", difference},
                                             {"convolution_gflops", threads.peak / 1e9},
                                             {"share_of_convolution_peak", threads.share_of_peak},
                                             {"step_seconds_one_thread", threads.seconds_with_one},
                                             {"step_seconds_two_threads", threads.seconds_with_two},
                                             {"thread_efficiency", efficiency},
                                             {"thread_efficiency_default", short_efficiency}}
                                  .dump(2)
                           << "\n";
  return 0;
}

}  // namespace
}  // namespace priorseg::bench

int main(int count, char** arguments) {
  if (count < 2 || count > 3) {
    std::cerr << "usage: bench_train_step JSON_FILE [ROUNDS]\n";
    return 2;
  }
  return priorseg::bench::run(arguments[1], count == 3 ? std::max(1, std::atoi(arguments[2])) : 10);
}
