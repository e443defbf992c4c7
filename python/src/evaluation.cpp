#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/data/simulator.h"
#include "priorseg/eval/report.h"
#include "priorseg/pipeline/scoring.h"

namespace priorseg::python {
namespace nb = nanobind;
namespace fs = std::filesystem;

namespace {

/// The figures of label maps in files, as 'priorseg evaluate --json' writes them.
std::string score_files(const fs::path& predicted, const fs::path& truth, int64_t field_of_interest,
                        bool split, const nb::object& progress, const nb::object& message) {
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) {
    const auto pairing = pair_label_files(predicted, truth);
    ScoreReport report = score_images(pairing.pairs, field_of_interest, observer,
                                      split ? LabelSplit::kParts : LabelSplit::kRefuseMasks);
    report.unpaired = pairing.unpaired;
    if (report.images.empty())
      throw Error("none of the label maps could be scored: " + report.failed.front().second);
    return score_json(report);
  });
}

/// The same of label maps in memory.
std::string score_arrays(const std::vector<std::pair<LabelArray, LabelArray>>& predicted_and_truth) {
  ScoreReport report;
  for (const auto& [predicted, truth] : predicted_and_truth) {
    ImageScores scores;
    scores.name = std::to_string(report.images.size());
    const auto true_labels = labels_of(truth), predicted_labels = labels_of(predicted);
    const nb::gil_scoped_release released;
    scores.tally = tally_objects(true_labels.contiguous(), predicted_labels.contiguous());
    report.images.push_back(std::move(scores));
  }
  return score_json(report);
}

nb::tuple simulated(const std::string& options_json, uint64_t seed, int64_t index) {
  SimulatorOptions options;
  options_from_json(options, nlohmann::json::parse(options_json));
  SimulatedImage image;
  {
    const nb::gil_scoped_release released;
    image = simulate_image(options, seed, index);
  }
  return nb::make_tuple(numpy_array(image.image), numpy_array(image.labels));
}

}  // namespace

void bind_evaluation(nb::module_& module) {
  module.def("score_files", &score_files, nb::arg("predicted"), nb::arg("truth"),
             nb::arg("field_of_interest"), nb::arg("split"), nb::arg("progress").none(),
             nb::arg("message").none());
  module.def("score_arrays", &score_arrays, nb::arg("predicted_and_truth"));
  module.def("simulate_image", &simulated, nb::arg("options"), nb::arg("seed"), nb::arg("index"));
}

}  // namespace priorseg::python
