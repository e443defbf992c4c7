// What segmentation.h says of images whose results stay in memory.
#include <torch/types.h>

#include "priorseg/output/report_choice.h"
#include "priorseg/output/result_sink.h"
#include "priorseg/pipeline/labelled_image.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {
namespace {

/// Holds the label map of an image.
class LabelMapInMemory : public ResultSink {
 public:
  explicit LabelMapInMemory(const ImageInfo& info)
      : labels_(torch::empty({info.height, info.width}, torch::kInt32)) {}

  void add(const LabelledRows& piece) override {
    labels_.slice(0, piece.rows.first, piece.rows.last).copy_(piece.labels);
  }
  void finish(const std::vector<ObjectMeasurements>&) override {}
  const torch::Tensor& labels() const { return labels_; }

 private:
  torch::Tensor labels_;
};

/// @param find  hands over what is found, piece by piece.
Segmentation label_in_memory(const ImageInfo& image, const std::function<void(const TakeFound&)>& find) {
  LabelMapInMemory label_map(image);
  LabelledImage labelled(image, {&label_map});
  find([&](const FoundRows& piece) { labelled.add(piece); });
  labelled.end_picture(1, 1);
  Segmentation result{label_map.labels(),
                      labelled.take_objects(),
                      describe_artefacts(labelled.artefacts(), image.height * image.width),
                      labelled.evidence(),
                      {}};
  result.evidence.mean_score = mean_score(result.objects);
  result.evidence.mean_quality = mean_quality(result.objects);
  result.verdict = judge_image(std::ssize(result.objects), result.evidence);
  return result;
}

}  // namespace

Segmentation segment_image(const ImageSource& image, const Detector& detector,
                           const InferenceOptions& inference, Observer& observer) {
  return label_in_memory(image, [&](const TakeFound& give) {
    detector.find_in_bands(image, Detector::kBandPixels, inference, give, observer);
  });
}

Segmentation label_found(const ImageInfo& image, const FoundRows& found) {
  return label_in_memory(image, [&](const TakeFound& give) { give(found); });
}

PartSegmentation segment_part(const ImageSource& image, const ImageFigures& figures, const ImagePart& part,
                              const Detector& detector, const InferenceOptions& inference,
                              Observer& observer) {
  const int64_t first = part.given.first;
  ImageInfo info = image;
  info.height = part.given.last - first;
  LabelMapInMemory label_map(info);
  LabelledImage labelled(info, {&label_map});
  const auto add = [&](FoundRows piece) {
    piece.rows = {piece.rows.first - first, piece.rows.last - first};
    for (auto& object : piece.found.objects) object.y0 -= first;
    labelled.add(piece);
  };
  detector.find_in_part(image, figures, part, inference, add, observer);
  labelled.end_picture(1, 1);
  return {label_map.labels(), labelled.take_objects()};
}

}  // namespace priorseg
