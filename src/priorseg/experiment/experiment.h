#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/min_max.h"
#include "priorseg/core/observer.h"
#include "priorseg/data/benchmark.h"
#include "priorseg/data/benchmark_pixels.h"
#include "priorseg/experiment/plan.h"
#include "priorseg/pipeline/output_folder.h"

// The comparison of systems: one file a step. experiment.cpp joins them, data.cpp prepares the images,
// systems.cpp trains a system and measures it, results.cpp writes the tables.
namespace priorseg {

/// What is compared, on what, and how.
struct ExperimentOptions {
  std::string data_set;  ///< of benchmark_names()
  std::filesystem::path folder;
  std::filesystem::path output = "priorseg-experiment";
  std::string systems = "all";
  std::string budget;  ///< numbers of annotated images
  std::string budget_start = "scratch";
  TrainingBudgets budgets;
  int64_t pretraining_steps = 1500;
  int64_t pretraining_images = 60;
  std::string pretrained;  ///< weights to finetune; empty = made from simulated images
  FolderSplit split;
  int64_t crop = -1;           ///< px, 0 = whole images, -1 = as the data set's protocol says
  int64_t test_images = 0;     ///< at most so many, 0 = all
  int64_t panels = 3;          ///< test images shown side by side
  std::optional<MinMax> size;  ///< of the objects in the original images; none = the data set's own
  bool restart = false;        ///< results, checkpoints and models of an earlier call are ignored
  uint64_t seed = 1;
  std::string device = "cpu";  ///< as find_device takes it

  // Changes to the settings of all systems, for those who try something. Tables tell them.
  nlohmann::json config = nlohmann::json::object();  ///< of the label-free systems, as in settings.json
  std::string config_name;                           ///< how a table calls it
  std::vector<std::string> overrides;           ///< of the label-free systems, "NAME=VALUE"; after `config`
  std::vector<std::string> baseline_overrides;  ///< of Mask R-CNN

  std::string command_line;  ///< for the report
};

/// The images of an experiment as files, and the sizes of their objects.
struct ExperimentData {
  Benchmark benchmark;
  CropRule cut;      ///< the benchmark's, after what the user said
  double scale = 1;  ///< px of the prepared images per px of the original ones
  MinMax size;       ///< px of the prepared images
  std::vector<PreparedSource> training, full, test;
  PreparedSource one;
};

/// Loads the benchmark, cuts and resizes its images into the output folder.
/// @throws Error where the folder is not what it should be, or no object size is known.
ExperimentData prepare_experiment(const ExperimentOptions& options, Observer& observer);

/// Everything that a step needs.
struct Experiment {
  const ExperimentOptions& options;
  const ExperimentData& data;
  Observer& observer;

  /// Names inside the folder of a system, or of anything else of the experiment.
  OutputPaths folder(const std::string& system) const { return {options.output / system}; }
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

/// The whole comparison. Tables are written anew after each system; one whose result is there is not run
/// again, and an interrupted one goes on.
/// @throws Error where options or data are not what they should be. Stopped as soon as the observer asks.
void run_experiment(const ExperimentOptions& options, Observer& observer);

}  // namespace priorseg
