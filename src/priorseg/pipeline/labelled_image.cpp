#include "priorseg/pipeline/labelled_image.h"

#include <torch/types.h>

#include <iterator>
#include <limits>
#include <utility>

#include "priorseg/detector/outline_quality.h"

namespace priorseg {
namespace {

/// Artefacts are measured in no object.
torch::Tensor without_artefacts(const torch::Tensor& pixels, const FoundRows& piece) {
  if (!piece.artefacts.defined()) return pixels;
  return pixels.masked_fill(piece.artefacts.ne(0), std::numeric_limits<float>::quiet_NaN());
}

double share_of(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                   : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

LabelledImage::LabelledImage(const ImageInfo& info, std::vector<ResultSink*> sinks,
                             ImageSource::ReadRows read_channels)
    : info_(info),
      labels_(info.height, info.width),
      measurements_(std::in_place, info.width, info.pixel_size),
      sinks_(std::move(sinks)),
      read_channels_(std::move(read_channels)) {}

void LabelledImage::add(const FoundRows& piece) {
  const auto scores = piece.found.instances.scores.contiguous();
  for (const int64_t object : labels_.add(piece.found.objects))
    note(scores.data_ptr<float>()[object], piece.signs, object);
  if (piece.rows.first == piece.rows.last) return;
  LabelledRows rows{piece.rows, piece.pixels, labels_.take_rows(piece.rows.last),
                    first_label_ + labels_.num_labels(), piece.artefacts};
  torch::Tensor channels;
  if (read_channels_) channels = without_artefacts(read_channels_(piece.rows.first, piece.rows.last), piece);
  measurements_->add_rows(rows.labels, without_artefacts(piece.pixels, piece), channels);
  if (first_label_ > 0) rows.labels = rows.labels + rows.labels.gt(0).to(torch::kInt32) * first_label_;
  for (ResultSink* sink : sinks_) sink->add(rows);
  look_back(piece);
}

void LabelledImage::note(float score, const std::vector<OutlineSigns>& signs, int64_t object) {
  scores_.push_back(score);
  qualities_.push_back(signs.empty() ? std::numeric_limits<double>::quiet_NaN()
                                     : quality_of_outline(signs[static_cast<size_t>(object)]));
}

void LabelledImage::end_picture(int64_t frame, int64_t slice) {
  auto objects = measurements_->finish(scores_);
  measurements_.emplace(info_.width, info_.pixel_size);
  for (auto& object : objects) {
    object.quality = qualities_[static_cast<size_t>(object.label - 1)];
    object.label += static_cast<int32_t>(first_label_);
    object.frame = frame;
    object.slice = slice;
  }
  if (objects_.empty())
    objects_ = std::move(objects);
  else
    std::move(objects.begin(), objects.end(), std::back_inserter(objects_));
  first_label_ += labels_.num_labels();
  labels_ = RunningLabelMap(info_.height, info_.width);
  scores_.clear();
  qualities_.clear();
}

void LabelledImage::look_back(const FoundRows& piece) {
  if (piece.artefacts.defined()) {
    const auto counts = count_artefacts(piece.artefacts);
    for (size_t kind = 1; kind < counts.size(); ++kind) artefacts_[kind] += counts[kind];
  }
  looked_at_ += piece.looked_at;
  standing_out_ += piece.standing_out;
  explained_ += piece.explained;
  covered_ += piece.covered;
  is_unexplained_ |= piece.is_unexplained();
  looks_opposite_ |= piece.looks_opposite;
  is_inverted_ |= piece.is_inverted;
  alone_ += piece.alone;
  alone_met_ += piece.alone_met;
}

ImageEvidence LabelledImage::evidence() const {
  ImageEvidence evidence;
  evidence.standing_out = share_of(standing_out_, looked_at_);
  evidence.explained = share_of(explained_, standing_out_);
  evidence.supported = share_of(explained_, covered_);
  evidence.agreement = share_of(alone_met_, alone_);
  evidence.is_unexplained = is_unexplained_;
  evidence.looks_opposite = looks_opposite_;
  evidence.is_inverted = is_inverted_;
  return evidence;
}

}  // namespace priorseg
