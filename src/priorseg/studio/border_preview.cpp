#include "priorseg/studio/border_preview.h"

#include <ATen/Parallel.h>

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/pipeline/segmentation.h"
#include "priorseg/studio/object_list.h"

namespace priorseg {
namespace {

/// A file that was written anew is another one.
std::string identity_of_file(const std::filesystem::path& path) {
  std::error_code failed;
  const auto time = std::filesystem::last_write_time(path, failed).time_since_epoch().count();
  return path.string() + "/" + std::to_string(time);
}

}  // namespace

void BorderPreview::clear() {
  const std::lock_guard lock(mutex_);
  detector_.reset();
  draft_.reset();
  model_ = picture_ = "";
}

void BorderPreview::look_at(const Subject& subject) {
  const auto model = identity_of_file(subject.model);
  if (model != model_) {
    draft_.reset();
    picture_ = model_ = "";
    detector_ = Detector::load(subject.model);
    detector_->to(find_device(subject.device));
    model_ = model;
  }
  const auto picture = identity_of_file(subject.image.file()) + "/" + std::to_string(subject.picture) + "/" +
                       subject.image.planes().channel;
  if (picture == picture_) return;
  draft_.reset();
  picture_ = "";
  ImageReader reader(subject.image);
  reader.go_to(subject.picture);
  info_ = reader.info();
  if (info_.height * info_.width > Detector::kBandPixels) {
    throw Error(subject.image.name() + " has more than " + std::to_string(Detector::kBandPixels) +
                " pixels; look at the border level in a smaller image, then outline all");
  }
  draft_ = detector_->draft(reader.source(), detector_->options().inference, nobody());
  picture_ = picture;
}

std::string BorderPreview::describe(const Subject& subject, double border_level) {
  if (!(border_level >= 0 && border_level <= 0.9))
    throw Error("the border level is " + std::to_string(border_level) + ", expected 0 to 0.9");
  const std::lock_guard lock(mutex_);
  at::set_num_threads(static_cast<int>(subject.threads));
  look_at(subject);
  const auto drawn = label_found(info_, draft_->at(border_level));
  auto list = list_objects(drawn.labels, drawn.objects);
  list["border_level"] = draft_->border_level();
  return list.dump();
}

}  // namespace priorseg
