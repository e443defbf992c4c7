#include "priorseg/pipeline/merge.h"

#include <filesystem>
#include <memory>
#include <vector>

#include "priorseg/pipeline/report.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

struct MergeOptions {
  std::vector<std::filesystem::path> folders;
  std::string output;
  std::string plate_pattern = "auto";
};

void merge(const MergeOptions& options, Shared& shared) {
  const auto batch = merge_shards(options.folders, options.output, shared.command_line, options.plate_pattern,
                                  shared.terminal);
  tell_outcome(batch, batch.images.size(), {options.output}, shared.terminal);
  shared.exit_code = exit_code_of(batch);
}

}  // namespace

void add_merge(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "merge",
      "Joins what several jobs found, 'priorseg segment --shard K/N' each, as one would have found it");
  const auto options = std::make_shared<MergeOptions>();
  verb->add_option("DIRS", options->folders, "output folders of all shards")->required()->type_name("DIR");
  verb->add_option(
          "-o,--output", options->output,
          "folder for all of it; label maps and overlays are second names of the shards' files, copies "
          "where the disk has none")
      ->required()
      ->type_name("DIR");
  add_plate_option(*verb, options->plate_pattern);
  verb->footer("Example:\n  priorseg merge results/shard_* -o merged");
  verb->callback([=, &shared] { merge(*options, shared); });
}

}  // namespace priorseg::program
