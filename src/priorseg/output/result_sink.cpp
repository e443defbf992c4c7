#include "priorseg/output/result_sink.h"

#include <limits>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr int64_t kMostCtcLabels = std::numeric_limits<uint16_t>::max();

}  // namespace

LabelMapSink::LabelMapSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with)
    : info_(info), path_(std::move(path)), notes_(made_with.to_lines()) {}

void LabelMapSink::add(const LabelledRows& piece) {
  if (!writer_) {
    const bool whole = piece.rows.last == info_.height;
    const int64_t highest = whole ? piece.labels_so_far : std::numeric_limits<int32_t>::max();
    writer_.emplace(path_, info_.height, info_.width, highest, info_.pixel_size, notes_);
  }
  writer_->append(piece.labels);
}

void LabelMapSink::finish(const std::vector<ObjectMeasurements>&) { writer_->finish(); }

CtcMaskSink::CtcMaskSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with)
    : path_(std::move(path)),
      writer_(path_, info.height, info.width, kMostCtcLabels, info.pixel_size, made_with.to_lines()) {}

void CtcMaskSink::add(const LabelledRows& piece) {
  if (piece.labels_so_far > kMostCtcLabels) {
    throw Error("cannot write " + path_.string() + ": the image has more than " +
                std::to_string(kMostCtcLabels) +
                " objects, and masks of the Cell Tracking Challenge have 16 bits; leave ctc out of --save");
  }
  writer_.append(piece.labels);
}

void CtcMaskSink::finish(const std::vector<ObjectMeasurements>&) { writer_.finish(); }

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
