#include "priorseg/output/imagej_rois.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "priorseg/output/zip_writer.h"

namespace priorseg {
namespace {

// Offsets in the file, and values there, as ImageJ's class RoiDecoder names them.
constexpr size_t kVersionAt = 4, kTypeAt = 6, kTopAt = 8, kLeftAt = 10, kBottomAt = 12, kRightAt = 14;
constexpr size_t kNumCornersAt = 16, kLongNumCornersAt = 18, kShapeSizeAt = 36, kOptionsAt = 50;
constexpr size_t kPositionAt = 56, kSecondHeaderAt = 60, kHeaderSize = 64;
constexpr size_t kSliceAt = 8, kFrameAt = 12, kNameOffsetAt = 16, kNameLengthAt = 20;  // in the second header
constexpr int kVersion = 227;
constexpr char kRectangle = 1, kTraced = 8;  // a composite is a "rectangle" with a shape
constexpr int kSubPixelResolution = 128;
constexpr float kMoveTo = 0, kLineTo = 1, kClose = 4;  // of a shape
constexpr int64_t kLongestShort = std::numeric_limits<int16_t>::max();

/// Writes big-endian numbers.
class RoiBytes {
 public:
  void put_at(size_t place, int64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_[place + i] = static_cast<char>(value >> 8 * (bytes - 1 - i));
  }
  void short_at(size_t place, int64_t value) { put_at(place, value, 2); }
  void int_at(size_t place, int64_t value) { put_at(place, value, 4); }
  void append_short(int64_t value) { short_at(grow(2), value); }
  void append_float(float value) { int_at(grow(4), std::bit_cast<int32_t>(value)); }
  /// Appends zeros. @return  where they begin.
  size_t grow(size_t count) {
    bytes_.resize(bytes_.size() + count);
    return bytes_.size() - count;
  }
  std::string& text() { return bytes_; }

 private:
  std::string bytes_;
};

struct CornerRange {
  int64_t left = std::numeric_limits<int64_t>::max(), top = left, right = 0, bottom = 0;
};

CornerRange range_of(const std::vector<OutlinePart>& parts) {
  CornerRange range;
  for (const auto& part : parts) {
    for (const auto& corner : part.exterior) {
      range.left = std::min(range.left, corner.x);
      range.top = std::min(range.top, corner.y);
      range.right = std::max(range.right, corner.x);
      range.bottom = std::max(range.bottom, corner.y);
    }
  }
  return range;
}

void put_header(RoiBytes& roi, const CornerRange& range, const ImageJPosition& place) {
  roi.grow(kHeaderSize);
  roi.text().replace(0, 4, "Iout");
  roi.short_at(kVersionAt, kVersion);
  // Too long for 16 bits only where floats say it better.
  roi.short_at(kTopAt, std::min(range.top, kLongestShort));
  roi.short_at(kLeftAt, std::min(range.left, kLongestShort));
  roi.short_at(kBottomAt, std::min(range.bottom, kLongestShort));
  roi.short_at(kRightAt, std::min(range.right, kLongestShort));
  roi.int_at(kPositionAt, place.plane);
}

void put_ring(RoiBytes& roi, const OutlineRing& ring, const CornerRange& range) {
  roi.text()[kTypeAt] = kTraced;
  const auto count = std::ssize(ring);
  const bool is_short = count <= std::numeric_limits<uint16_t>::max();
  roi.short_at(kNumCornersAt, is_short ? count : 0);
  if (!is_short) roi.int_at(kLongNumCornersAt, count);
  for (const auto& corner : ring) roi.append_short(std::min(corner.x - range.left, kLongestShort));
  for (const auto& corner : ring) roi.append_short(std::min(corner.y - range.top, kLongestShort));
  if (std::max(range.right, range.bottom) <= kLongestShort) return;
  roi.short_at(kOptionsAt, kSubPixelResolution);
  for (const auto& corner : ring) roi.append_float(static_cast<float>(corner.x));
  for (const auto& corner : ring) roi.append_float(static_cast<float>(corner.y));
}

/// Rings as one path that is filled by the even-odd rule.
void put_shape(RoiBytes& roi, const std::vector<OutlinePart>& parts) {
  roi.text()[kTypeAt] = kRectangle;
  const size_t start = roi.text().size();
  const auto put_path = [&](const OutlineRing& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      roi.append_float(i == 0 ? kMoveTo : kLineTo);
      roi.append_float(static_cast<float>(ring[i].x));
      roi.append_float(static_cast<float>(ring[i].y));
    }
    roi.append_float(kClose);
  };
  for (const auto& part : parts) {
    put_path(part.exterior);
    for (const auto& hole : part.holes) put_path(hole);
  }
  roi.int_at(kShapeSizeAt, static_cast<int64_t>((roi.text().size() - start) / sizeof(float)));
}

void put_second_header(RoiBytes& roi, const std::string& name, const ImageJPosition& place) {
  const size_t second = roi.grow(kHeaderSize);
  roi.int_at(kSecondHeaderAt, static_cast<int64_t>(second));
  roi.int_at(second + kSliceAt, place.slice);
  roi.int_at(second + kFrameAt, place.frame);
  roi.int_at(second + kNameOffsetAt, static_cast<int64_t>(second + kHeaderSize));
  roi.int_at(second + kNameLengthAt, std::ssize(name));
  for (const char character : name) roi.append_short(static_cast<unsigned char>(character));
}

}  // namespace

ImageJPosition imagej_position(const PicturePosition& picture) {
  const auto& file = picture.file;
  const auto slice = static_cast<int32_t>(picture.is_of_all_slices ? 0 : picture.slice);
  const auto frame = static_cast<int32_t>(picture.frame);
  const int axes = (file.channels > 1) + (file.slices > 1) + (file.frames > 1);
  if (axes > 1) return {0, file.slices > 1 ? slice : 0, file.frames > 1 ? frame : 0};
  if (file.slices > 1) return {slice, 0, 0};
  return {file.frames > 1 ? frame : static_cast<int32_t>(picture.channel), 0, 0};
}

std::string encode_imagej_roi(const std::vector<OutlinePart>& parts, const std::string& name,
                              const ImageJPosition& place) {
  RoiBytes roi;
  const CornerRange range = range_of(parts);
  put_header(roi, range, place);
  if (parts.size() == 1 && parts.front().holes.empty())
    put_ring(roi, parts.front().exterior, range);
  else
    put_shape(roi, parts);
  put_second_header(roi, name, place);
  return std::move(roi.text());
}

ImageJRoisSink::ImageJRoisSink(const ImageInfo& info, const std::filesystem::path& path,
                               const Provenance& made_with)
    : ObjectwiseSink(info, path), comment_(made_with.to_json().dump()) {}

std::string ImageJRoisSink::encode(int32_t label, const ObjectPixels& object) const {
  return encode_imagej_roi(trace_outline(object), std::to_string(label), imagej_position(position()));
}

void ImageJRoisSink::write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) {
  ZipWriter zip(path());
  for (const auto& object : objects)
    zip.add(std::to_string(object.label) + ".roi", encoded.get(object.label));
  zip.finish(comment_);
}

}  // namespace priorseg
