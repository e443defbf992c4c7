#include "priorseg/pipeline/scoring.h"

#include "priorseg/image/image_file.h"

namespace priorseg {
namespace {

Tally score_image(const LabelFilePair& pair, int64_t field_of_interest) {
  const auto truth = drop_objects_at_border(read_label_map(pair.truth), field_of_interest);
  const auto predicted = drop_objects_at_border(read_label_map(pair.predicted), field_of_interest);
  return tally_objects(truth, predicted);
}

}  // namespace

ScoreReport score_images(const std::vector<LabelFilePair>& pairs, int64_t field_of_interest,
                         Observer& observer) {
  ScoreReport report;
  report.field_of_interest = field_of_interest;
  for (const LabelFilePair& pair : pairs) {
    observer.check_stop();
    try {
      report.images.push_back({pair.name, pair.predicted, pair.truth, score_image(pair, field_of_interest)});
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
