#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/eval/label_files.h"
#include "priorseg/eval/report.h"
#include "priorseg/pipeline/result_files.h"
#include "priorseg/pipeline/scoring.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

constexpr const char* kEvaluateFooter =
    "An average leaves out images with neither true nor predicted objects; a pooled figure sums the counts "
    "of all images\n"
    "first. All figures lie between 0 and 1, and larger is better.\n"
    "\n"
    "Example:\n"
    "  priorseg evaluate results/ BBBC039/val/labels/ --json scores.json\n"
    "  priorseg evaluate 01_RES/ 01_GT/SEG/ --field-of-interest 50";

struct EvaluateOptions {
  std::string predicted;
  std::string truth;
  std::string json;
  std::string csv;
  int64_t field_of_interest = 0;  // px
  bool split = false;
};

void evaluate(const EvaluateOptions& options, Shared& shared) {
  const LabelFilePairing pairing = pair_label_files(options.predicted, options.truth);
  if (!pairing.unpaired.empty()) {
    shared.terminal.warn(std::to_string(pairing.unpaired.size()) +
                         " predictions have no truth and are ignored (the first is " +
                         pairing.unpaired.front().filename().string() + ")");
  }
  std::vector<std::filesystem::path> tables, inputs;
  for (const auto& name : {options.json, options.csv})
    if (!name.empty()) tables.emplace_back(name);
  for (const auto& pair : pairing.pairs) {
    inputs.push_back(pair.predicted);
    inputs.push_back(pair.truth);
  }
  check_result_files(tables, inputs);
  ScoreReport report = score_images(pairing.pairs, options.field_of_interest, shared.terminal,
                                    options.split ? LabelSplit::kParts : LabelSplit::kRefuseMasks);
  report.unpaired = pairing.unpaired;
  if (!report.failed.empty()) shared.exit_code = 1;
  if (report.images.empty()) throw Error("none of the label maps could be scored, see the messages above");
  const std::string table = score_table(report);
  std::fwrite(table.data(), 1, table.size(), stdout);
  if (!options.json.empty()) write_text_atomically(options.json, score_json(report));
  if (!options.csv.empty()) write_text_atomically(options.csv, score_csv(report));
}

}  // namespace

void add_evaluate(CLI::App& program, Shared& shared) {
  const auto options = std::make_shared<EvaluateOptions>();
  CLI::App* verb =
      program.add_subcommand("evaluate", "Compares label maps with true ones: AP, F1, PQ, SEG, AJI, ...");
  verb->add_option(
          "PREDICTED", options->predicted,
          "label map, folder of label maps, or output folder of priorseg (TIFF or PNG, 0 = background)")
      ->required();
  verb->add_option(
          "TRUTH", options->truth,
          "true label map or folder; files pair by name, in the Cell Tracking Challenge's layout by frame")
      ->required();
  verb->add_option("--json", options->json, "write all figures, those of each image included, to this file");
  verb->add_option("--csv", options->csv, "write one line of figures an image to this file");
  verb->add_option("--field-of-interest", options->field_of_interest,
                   "px; leave out objects that lie wholly within this distance of the image border")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--split", options->split,
                 "each connected part of a label is an object: for masks, where all objects have one number");
  verb->footer(kEvaluateFooter);
  verb->callback([options, &shared] { evaluate(*options, shared); });
}

}  // namespace priorseg::program
