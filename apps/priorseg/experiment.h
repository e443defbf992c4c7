#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "output_folder.h"
#include "priorseg/data/benchmark.h"
#include "priorseg/data/benchmark_pixels.h"
#include "priorseg/data/experiment_plan.h"
#include "settings_options.h"
#include "verbs.h"

// 'priorseg experiment': one file a step. experiment.cpp is the command line, experiment_data.cpp prepares
// the images, experiment_systems.cpp trains a system and measures it, experiment_results.cpp writes the
// tables.
namespace priorseg::program {

/// What the user said.
struct ExperimentOptions {
  std::string data_set;
  std::filesystem::path folder;
  std::filesystem::path output = "priorseg-experiment";
  std::string systems = "all";
  std::string budget;  ///< numbers of annotated images
  std::string budget_start = "scratch";
  TrainingBudgets budgets;
  int64_t pretraining_steps = 1500;
  int64_t pretraining_images = 60;
  std::string pretrained;  ///< weights to finetune; empty = made from simulated images
  std::vector<std::string> baseline_overrides;
  FolderSplit split;
  int64_t crop = -1;        ///< px, 0 = whole images, -1 = as the data set's protocol says
  int64_t test_images = 0;  ///< at most so many, 0 = all
  int64_t panels = 3;       ///< test images shown side by side
  bool restart = false;
};

/// The images of an experiment as files, and the sizes of their objects.
struct ExperimentData {
  Benchmark benchmark;
  CropRule cut;                       ///< the benchmark's, after what the user said
  double scale = 1;                   ///< px of the prepared images per px of the original ones
  double size_min = 0, size_max = 0;  ///< px of the prepared images
  std::vector<PreparedSource> training, full, test;
  PreparedSource one;
};

/// Loads the benchmark, cuts and resizes its images into the output folder.
/// @throws Error where the folder is not what it should be, or no object size is known.
ExperimentData prepare_experiment(const ExperimentOptions& options, const SettingsOptions& settings,
                                  const ProgressCallback& progress);

/// Everything that a step needs.
struct Experiment {
  const ExperimentOptions& options;
  const SettingsOptions& settings;
  const ExperimentData& data;
  const Shared& shared;
  ProgressCallback progress;

  /// Names inside the folder of a system, or of anything else of the experiment.
  OutputFolder folder(const std::string& system) const { return {options.output / system}; }
  std::filesystem::path result_file(const std::string& system) const {
    return options.output / system / "result.json";
  }
  /// What the figures of a system depend on besides its training: data set and test images.
  nlohmann::json test_setup() const;
};

/// Trains, segments and scores a system, unless its result is there already, and writes its result.json.
/// @throws Error where the result that is there belongs to other settings.
void run_system(const Experiment& experiment, const PlannedSystem& system);

/// Writes results.md, results.csv, report.html and their pictures from the results that are there.
/// Further systems of the folder are shown too where their test images are the same.
/// @param budget  systems of the annotation budget.
void write_results(const Experiment& experiment, const std::vector<PlannedSystem>& budget);

}  // namespace priorseg::program
