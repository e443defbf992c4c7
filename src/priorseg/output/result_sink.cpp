#include "priorseg/output/result_sink.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr int64_t kMostCtcLabels = std::numeric_limits<uint16_t>::max();

[[noreturn]] void fail_ctc_labels(const std::filesystem::path& path) {
  throw Error("cannot write " + path.string() + ": the image has more than " +
              std::to_string(kMostCtcLabels) +
              " objects, and masks of the Cell Tracking Challenge have 16 bits; leave ctc out of --save");
}

}  // namespace

LabelMapSink::LabelMapSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with,
                           const StackShape& shape, LabelDescription description)
    : info_(info),
      path_(std::move(path)),
      notes_(made_with.to_lines()),
      shape_(shape),
      description_(description) {}

void LabelMapSink::add(const LabelledRows& piece) {
  if (!writer_) {
    const bool whole = piece.rows.last == info_.height && shape_.pages() == 1;
    const int64_t highest = whole ? piece.labels_so_far : std::numeric_limits<int32_t>::max();
    writer_.emplace(path_, info_.height, info_.width, highest, info_.pixel_size, notes_, shape_,
                    description_);
  }
  writer_->append(piece.labels);
}

void LabelMapSink::finish(const std::vector<ObjectMeasurements>&) { writer_->finish(); }

CtcMaskSink::CtcMaskSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with)
    : path_(std::move(path)),
      writer_(path_, info.height, info.width, kMostCtcLabels, info.pixel_size, made_with.to_lines()) {}

void CtcMaskSink::add(const LabelledRows& piece) {
  if (piece.labels_so_far > kMostCtcLabels) fail_ctc_labels(path_);
  writer_.append(piece.labels);
}

void CtcMaskSink::finish(const std::vector<ObjectMeasurements>&) { writer_.finish(); }

CtcSequenceSink::CtcSequenceSink(const ImageInfo& info, const std::filesystem::path& folder,
                                 const Provenance& made_with, const StackShape& shape)
    : info_(info), path_(folder), notes_(made_with.to_lines()), shape_(shape), folder_(folder) {
  std::filesystem::create_directories(folder_.temporary());
}

void CtcSequenceSink::begin_picture(const PicturePosition& position) {
  if (writer_ && position.frame == frame_) return;
  if (writer_) writer_->finish();
  frame_ = position.frame;
  labels_before_ = labels_so_far_;
  constexpr size_t kFewestDigits = 3;
  const std::string last = std::to_string(position.file.frames - 1), number = std::to_string(frame_ - 1);
  const size_t digits = std::max(last.size(), kFewestDigits);
  const auto name = "mask" + std::string(digits - std::min(digits, number.size()), '0') + number + ".tif";
  writer_.emplace(folder_.temporary() / name, info_.height, info_.width, kMostCtcLabels, info_.pixel_size,
                  notes_, StackShape{1, shape_.slices});
}

void CtcSequenceSink::add(const LabelledRows& piece) {
  labels_so_far_ = piece.labels_so_far;
  if (labels_so_far_ - labels_before_ > kMostCtcLabels) fail_ctc_labels(path_);
  const auto within = piece.labels - piece.labels.gt(0).to(torch::kInt32) * labels_before_;
  writer_->append(within.to(torch::kInt32));
}

void CtcSequenceSink::finish(const std::vector<ObjectMeasurements>&) {
  writer_->finish();
  folder_.commit();
}

OverlaySink::OverlaySink(const ImageInfo& info, std::filesystem::path path)
    : path_(std::move(path)), running_(info.channels, info.height, info.width) {}

void OverlaySink::add(const LabelledRows& piece) {
  running_.add_rows(piece.pixels, piece.labels, piece.artefacts);
}

void OverlaySink::finish(const std::vector<ObjectMeasurements>&) {
  overlay_ = running_.draw_overlay();
  write_png(path_, overlay_);
}

}  // namespace priorseg
