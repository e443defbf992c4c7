#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>

#include "priorseg/core/device.h"
#include "priorseg/data/image_list.h"
#include "priorseg/pipeline/link_frames.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/segmentation.h"
#include "priorseg/pipeline/shard.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

struct SegmentOptions {
  ImagesOption images;
  std::string model;
  std::string output = "priorseg-output";
  std::optional<double> presence;
  std::optional<double> mask_threshold;
  std::optional<double> border_level;
  std::optional<bool> split_touching;
  std::optional<double> min_chance;
  std::optional<std::string> precision;
  std::optional<int64_t> refine_steps;
  AppearanceOptions appearance;
  std::string save;
  std::string plate_pattern = "auto";
  std::string shard;
  bool resume = false;
  bool link = false;
};

/// A number that Slurm gives to the jobs of an array.
std::optional<int64_t> slurm_number(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::optional(std::strtoll(text, nullptr, 10)) : std::nullopt;
}

/// The share of the images that is asked for, or that a job of an array has. Nothing: all of them.
std::optional<Shard> shard_of(const SegmentOptions& options, size_t num_images, Terminal& terminal) {
  if (!options.shard.empty()) return parse_shard(options.shard);
  const auto task = slurm_number("SLURM_ARRAY_TASK_ID"), count = slurm_number("SLURM_ARRAY_TASK_COUNT");
  if (!task || !count || *count < 2) return std::nullopt;
  const int64_t first = slurm_number("SLURM_ARRAY_TASK_MIN").value_or(0);
  const int64_t step = std::max<int64_t>(1, slurm_number("SLURM_ARRAY_TASK_STEP").value_or(1));
  const Shard shard{(*task - first) / step + 1, *count};
  if (shard.number < 1 || shard.number > shard.count || (*task - first) % step != 0) {
    throw Error("task " + std::to_string(*task) + " of a Slurm array of " + std::to_string(*count) +
                " tasks from " + std::to_string(first) +
                " on tells no share of the images, expected tasks one after the other; give --shard K/N");
  }
  terminal.warn("a job of a Slurm array takes its share alone: --shard " + shard.text() + " of " +
                std::to_string(num_images) + " images; --shard 1/1 takes all");
  return shard;
}

void segment(const SegmentOptions& options, Shared& shared) {
  const auto start = std::chrono::steady_clock::now();
  const auto images = list_images(options.images.names, shared.terminal, options.images.folders());
  const auto shard = shard_of(options, images.size(), shared.terminal);
  if (shard && shard->count > 1 && options.link)
    throw Error(
        "--link needs all frames of a film, but shard " + shard->text() +
        " has some of the images; join the shards with 'priorseg merge', then segment into that folder "
        "with --resume --link");
  check_shard({options.output}, shard.value_or(Shard{}), images);
  auto plan = plan_of_shard(images, shard.value_or(Shard{}));
  plan.inputs = {options.model};
  plan.resume = options.resume;
  plan.forms = parse_further_forms(options.save);
  OutputFolder folder(options.output, plan, shared.terminal);
  auto detector = Detector::load(options.model);
  detector.to(find_device(shared.device));
  auto inference = detector.options().inference;
  inference.presence = options.presence.value_or(inference.presence);
  inference.mask_threshold = options.mask_threshold.value_or(inference.mask_threshold);
  if (options.border_level) {
    inference.border_level = *options.border_level;
    inference.stain_border_level = 0;
  }
  inference.split_touching = options.split_touching.value_or(inference.split_touching);
  inference.min_chance = options.min_chance.value_or(inference.min_chance);
  if (options.precision) inference.precision = find_named<Precision>(*options.precision).value();
  inference.refine_steps = options.refine_steps.value_or(inference.refine_steps);
  apply_appearance(options.appearance, inference);
  inference.validate();
  auto chosen = detector.options();
  apply_planes(options.appearance, chosen.planes);
  const auto planes = choose_planes_of_files({images.begin(), images.end()}, options.appearance.planes,
                                             chosen, shared.terminal);
  const auto settings = settings_for_report(detector, inference);
  if (shard) note_shard(folder, ShardRecord::of(*shard, images, planes, plan.forms, settings));
  const auto batch =
      segment_images(plan.images, detector, inference, folder, kReportPictures, shared.terminal, planes);
  const int64_t not_linked = options.link ? link_films(plan.images, folder, shared.terminal) : 0;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (not_linked > 0) shared.exit_code = 1;
  write_batch_report(batch, detector, inference, 1, folder,
                     {shard ? "priorseg segment, shard " + shard->text() : "priorseg segment",
                      shared.command_line,
                      seconds,
                      {},
                      options.plate_pattern},
                     shared.terminal);
  tell_outcome(batch, plan.images.size(), folder, shared.terminal);
  shared.exit_code = not_linked > 0 ? 1 : exit_code_of(batch);
}

}  // namespace

int exit_code_of(const BatchResult& batch) {
  if (batch.failures > 0) return 1;
  return batch.verdict && batch.verdict->trust == Trust::kDoNotTrust ? kNotToBeTrusted : 0;
}

void add_segment(CLI::App& program, Shared& shared) {
  CLI::App* verb =
      program.add_subcommand("segment", "Finds and outlines the objects of images with a trained model");
  const auto options = std::make_shared<SegmentOptions>();
  add_images_option(*verb, options->images);
  verb->add_option("--model", options->model, "model.safetensors from 'priorseg run' or 'priorseg train'")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output,
                   "folder for labels/, overlays/, objects.csv and report.html")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--presence", options->presence,
                   "objects below this presence are dropped, 0 to 1 (default: as in the model)")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--mask-threshold", options->mask_threshold,
                   "masks are cut at this level, 0.01 to 0.99: higher draws outlines tighter, lower wider "
                   "(default: as in the model)")
      ->check(CLI::Range(0.01, 0.99));
  verb->add_option(
          "--border-level", options->border_level,
          "outlines go where the pixels have this share of an object's height above its surroundings, 0 to "
          "0.9; 0 leaves them as the networks draw them, smooth (default: as in the model)")
      ->check(CLI::Range(0.0, 0.9));
  verb->add_option(
      "--split-touching", options->split_touching,
      "true: an outline around objects that touch is divided between them; needs a border level, and does "
      "nothing where sizes span levels "
      "(default: as in the model)");
  verb->add_option("--min-chance", options->min_chance,
                   "outlines less likely than this to match an object are dropped, 0 to 1; 0 keeps all, and "
                   "needs a border level to have an effect (default: as in the model)")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option(
          "--precision", options->precision,
          "of the localizer's arithmetic: bfloat16 is faster where the processor has it, and nearly the "
          "same (default: as in the model)")
      ->check(CLI::IsMember(all_names<Precision>()));
  verb->add_option("--refine", options->refine_steps,
                   "steps that fit each outline to its image after the networks, 0 to 10000; 40 gives finer "
                   "outlines and takes several times longer (default: as in the model)")
      ->check(CLI::Range(0, 10000))
      ->type_name("STEPS");
  add_appearance_options(*verb, options->appearance, "as in the model");
  add_save_option(*verb, options->save);
  add_plate_option(*verb, options->plate_pattern);
  verb->add_option(
          "--shard", options->shard,
          "the K-th of N shares of the images, for N jobs that each have an output folder of its own; "
          "'priorseg merge' joins them (default: all images; the share of a job in a Slurm array)")
      ->check(complaint_about<parse_shard>)
      ->type_name("K/N");
  verb->add_flag(
      "--link", options->link,
      "link objects from frame to frame, by overlap and distance: tracks/, in the form of the Cell "
      "Tracking Challenge, and tracks.csv");
  verb->add_flag(
      "--resume", options->resume,
      "leave images alone that are finished: all forms of --save are there, and the rows of objects.csv");
  verb->footer("Example:\n  priorseg segment new_images/ --model out/model.safetensors -o results");
  verb->callback([=, &shared] { segment(*options, shared); });
}

}  // namespace priorseg::program
