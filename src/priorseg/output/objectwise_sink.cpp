#include "priorseg/output/objectwise_sink.h"

namespace priorseg {

ObjectwiseSink::ObjectwiseSink(const ImageInfo& info, const std::filesystem::path& path)
    : info_(info),
      path_(path),
      encoded_(path),
      running_(info.width,
               [this](int32_t label, const auto& object) { encoded_.add(label, encode(label, object)); }) {}

void ObjectwiseSink::begin_picture(const PicturePosition& position) {
  running_.begin_picture();
  if (!has_begun_) positions_.clear();
  has_begun_ = true;
  positions_.push_back(position);
}

void ObjectwiseSink::finish(const std::vector<ObjectMeasurements>& objects) {
  running_.finish();
  write(objects, encoded_);
}

}  // namespace priorseg
