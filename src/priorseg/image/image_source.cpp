#include "priorseg/image/image_source.h"

#include <torch/types.h>

#include <algorithm>
#include <string>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr int64_t kPixelsOfPiece = int64_t{1} << 22;  // that are read, and given up, together

}  // namespace

void RollingRows::read_to(int64_t last) {
  const int64_t most = std::max<int64_t>(1, kPixelsOfPiece / std::max<int64_t>(1, source_.width));
  while (next_ < last) {
    const RowRange rows{next_, std::min(last, next_ + most)};
    const auto read = source_.read(rows.first, rows.last);
    Piece piece{rows, {}};
    for (int64_t channel = 0; channel < read.size(0); ++channel) piece.channels.emplace_back(read[channel]);
    held_.push_back(std::move(piece));
    next_ = rows.last;
  }
}

void RollingRows::check_held(RowRange wanted) const {
  if (wanted.first < first_)
    throw Error("row " + std::to_string(wanted.first) + " was given up, expected rows from " +
                std::to_string(first_) + " on");
  if (wanted.last > next_)
    throw Error("row " + std::to_string(wanted.last - 1) + " was not read, expected rows above " +
                std::to_string(next_));
}

std::deque<RollingRows::Piece>::const_iterator RollingRows::piece_of(int64_t y) const {
  return std::partition_point(held_.begin(), held_.end(),
                              [y](const Piece& piece) { return piece.rows.last <= y; });
}

void RollingRows::copy(int64_t channel, int64_t y, int64_t first, int64_t count, float* to) const {
  const Piece& piece = *piece_of(y);
  piece.channels[static_cast<size_t>(channel)].copy(y - piece.rows.first, first, count, to);
}

torch::Tensor RollingRows::window(int64_t channel, const ImageWindow& wanted) const {
  check_held(wanted.rows);
  auto result = torch::empty({wanted.height(), wanted.width()}, torch::kFloat32);
  auto* to = result.data_ptr<float>();
  for (int64_t y = wanted.rows.first; y < wanted.rows.last; ++y, to += wanted.width())
    copy(channel, y, wanted.columns.first, wanted.width(), to);
  return result;
}

torch::Tensor RollingRows::rows(RowRange wanted) {
  read_to(wanted.last);
  const ImageWindow window_of_rows{wanted, {0, source_.width}};
  std::vector<torch::Tensor> channels;
  for (int64_t channel = 0; channel < source_.channels; ++channel)
    channels.push_back(window(channel, window_of_rows));
  return torch::stack(channels);
}

bool RollingRows::is_zero(int64_t channel, RowRange wanted) const {
  check_held(wanted);
  for (auto piece = piece_of(wanted.first); piece != held_.end() && piece->rows.first < wanted.last; ++piece)
    if (!piece->channels[static_cast<size_t>(channel)].is_zero()) return false;
  return true;
}

void RollingRows::forget(int64_t first) {
  while (!held_.empty() && held_.front().rows.last <= first) held_.pop_front();
  first_ = std::max(first_, std::min(first, next_));
}

}  // namespace priorseg
