#include "priorseg/output/result_sink.h"

#include <limits>
#include <utility>

namespace priorseg {

LabelMapSink::LabelMapSink(const ImageInfo& info, std::filesystem::path path, const StackShape& shape)
    : info_(info), path_(std::move(path)), shape_(shape) {}

void LabelMapSink::add(const LabelledRows& piece) {
  if (!writer_) {
    const bool whole = piece.rows.last == info_.height && shape_.pages() == 1;
    const int64_t highest = whole ? piece.labels_so_far : std::numeric_limits<int32_t>::max();
    writer_.emplace(path_, info_.height, info_.width, highest, info_.pixel_size, shape_);
  }
  writer_->append(piece.labels);
}

void LabelMapSink::finish(const std::vector<ObjectMeasurements>&) { writer_->finish(); }

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
