#include "priorseg/pipeline/prior.h"

#include <filesystem>
#include <memory>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/result_files.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

fs::path sheet_of(const fs::path& prior) { return fs::path(prior).replace_extension(".png"); }

/// Told before the work, not after it.
void check_prior_files(const fs::path& path, const std::vector<fs::path>& inputs) {
  check_result_files({path, sheet_of(path)}, inputs);
  if (!fs::exists(path) && fs::exists(sheet_of(path))) {
    throw Error(sheet_of(path).string() +
                " exists, and the contact sheet of the prior would replace it; give another name with -o");
  }
}

void write_prior(const ShapePrior& prior, const fs::path& path, uint64_t seed, Observer& observer) {
  prior.save(path);
  const fs::path sheet = sheet_of(path);
  write_text_atomically(sheet, prior_contact_sheet(prior, seed));
  observer.info(path.string() + " and " + sheet.string() +
                " written; its reconstructions overlap their shapes with a mean IoU of " +
                fixed_number(prior.reconstruction_iou(), 3));
}

void add_synthetic(CLI::App& parent, Shared& shared) {
  CLI::App* verb = parent.add_subcommand(
      "synthetic", "Learns from drawn outlines: ellipses, rods, spindles, free contours");
  const auto output = std::make_shared<std::string>();
  verb->add_option("-o,--output", *output, "the prior; its contact sheet goes beside it")
      ->default_val("prior.safetensors")
      ->type_name("FILE");
  const auto settings_options = add_settings_options(*verb);
  verb->footer("Example:\n  priorseg prior synthetic --set shapes.max_axis_ratio=2 -o prior.safetensors");
  verb->callback([=, &shared] {
    const Settings settings = resolve_settings(*settings_options);
    check_prior_files(*output, {});
    write_prior(make_synthetic_prior(settings, shared.terminal), *output, settings.seed, shared.terminal);
  });
}

void add_learn(CLI::App& parent, Shared& shared) {
  CLI::App* verb = parent.add_subcommand("learn", "Learns from the object masks of one or more label maps");
  const auto labels = std::make_shared<std::vector<fs::path>>();
  const auto output = std::make_shared<std::string>();
  verb->add_option("LABELS", *labels, "label maps, or folders of them: 0 = background, one number an object")
      ->required();
  verb->add_option("-o,--output", *output, "the prior; its contact sheet goes beside it")
      ->default_val("prior.safetensors")
      ->type_name("FILE");
  const auto split = std::make_shared<bool>(false);
  verb->add_flag("--split", *split,
                 "each connected part of a label is an object: for masks, where all objects have one number");
  const auto settings_options = add_settings_options(*verb);
  verb->footer("Example:\n  priorseg prior learn annotated/labels/a01.tif -o prior.safetensors");
  verb->callback([=, &shared] {
    const Settings settings = resolve_settings(*settings_options);
    const auto label_maps = list_label_maps(*labels, shared.terminal);
    check_prior_files(*output, label_maps);
    std::vector<LabelMapInput> inputs;
    for (const auto& file : label_maps)
      inputs.emplace_back(file, *split ? LabelSplit::kParts : LabelSplit::kRefuseMasks);
    write_prior(learn_prior(inputs, settings, shared.terminal), *output, settings.seed, shared.terminal);
  });
}

}  // namespace

void add_prior(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand("prior", "Learns what an object outline may look like");
  verb->require_subcommand(1);
  verb->footer("Example:\n  priorseg prior synthetic -o prior.safetensors");
  add_synthetic(*verb, shared);
  add_learn(*verb, shared);
}

}  // namespace priorseg::program
