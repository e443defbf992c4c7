#include "priorseg/pipeline/scoring.h"

#include "priorseg/core/error.h"
#include "priorseg/image/image_file.h"

namespace priorseg {
namespace {

Tally score_image(const LabelFilePair& pair, int64_t field_of_interest, LabelSplit split,
                  Observer& observer) {
  const auto planes = [&](const std::filesystem::path& file) {
    auto labels = read_label_maps(file);
    std::string doubt;
    for (auto& plane : labels)
      plane =
          drop_objects_at_border(objects_of_labels(plane, split, file.string(), &doubt), field_of_interest);
    if (!doubt.empty()) observer.warn(file.string() + ": " + doubt);
    return labels;
  };
  const auto truth = planes(pair.truth), predicted = planes(pair.predicted);
  if (truth.size() != predicted.size())
    throw Error(pair.predicted.string() + " holds " + std::to_string(predicted.size()) + " label maps and " +
                pair.truth.string() + " " + std::to_string(truth.size()) + ", expected the same number");
  Tally tally;
  for (size_t i = 0; i < truth.size(); ++i) tally += tally_objects(truth[i], predicted[i]);
  return tally;
}

}  // namespace

ScoreReport score_images(const std::vector<LabelFilePair>& pairs, int64_t field_of_interest,
                         Observer& observer, LabelSplit split) {
  ScoreReport report;
  report.field_of_interest = field_of_interest;
  for (const LabelFilePair& pair : pairs) {
    observer.check_stop();
    try {
      report.images.push_back(
          {pair.name, pair.predicted, pair.truth, score_image(pair, field_of_interest, split, observer)});
    } catch (const std::exception& error) {
      observer.error(pair.name + ": " + error.what());
      report.failed.emplace_back(pair.name, error.what());
    }
    observer.progress(
        {"evaluate", std::ssize(report.images) + std::ssize(report.failed), std::ssize(pairs), {}});
  }
  return report;
}

}  // namespace priorseg
