#include "priorseg/studio/gallery.h"

#include <algorithm>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_reader.h"

namespace priorseg {
namespace {

constexpr int64_t kThumbnailSide = 160;
constexpr int64_t kMostHeldBytes = int64_t{1} << 30;
constexpr size_t kMostHeldPictures = 64;

std::shared_ptr<const PicturePyramid> make_picture_of(const std::filesystem::path& file, int64_t picture,
                                                      const std::string& view) {
  PlaneChoice planes;
  const auto colour = find_named<ImageChannel>(view);
  if (!view.empty() && !colour) planes.channel = view;
  return std::make_shared<const PicturePyramid>(ImageInput(file).with_planes(planes), picture,
                                                colour.value_or(ImageChannel::kAuto));
}

bool is_ready(const std::shared_future<std::shared_ptr<const PicturePyramid>>& made) {
  return made.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

Gallery::Gallery(const std::filesystem::path& folder, Observer& observer)
    : folder_(folder),
      files_(list_images({folder}, observer)),
      stems_(output_stems(files_)),
      heads_(files_.size()) {}

const std::filesystem::path& Gallery::file(int64_t image) const {
  if (image < 0 || image >= std::ssize(files_)) throw Error("there is no image " + std::to_string(image));
  return files_[static_cast<size_t>(image)];
}

void Gallery::scan(Observer& observer) {
  for (size_t i = 0; i < files_.size(); ++i) {
    observer.check_stop();
    Head head;
    head.known = true;
    try {
      const ImageReader reader(files_[i]);
      const auto& structure = reader.structure();
      head.height = reader.info().height;
      head.width = reader.info().width;
      head.pictures = reader.num_pictures();
      head.colour = reader.info().channels == 3;
      for (int64_t c = 0; structure.channels > 1 && c < structure.channels; ++c)
        head.channels.push_back(structure.channel_name(c));
    } catch (const std::exception& error) {
      head.failure = error.what();
    }
    {
      const std::lock_guard lock(mutex_);
      heads_[i] = std::move(head);
    }
    observer.progress({"read images", static_cast<int64_t>(i) + 1, std::ssize(files_), {}});
  }
}

nlohmann::json Gallery::describe() const {
  auto images = nlohmann::json::array();
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < files_.size(); ++i) {
    const Head& head = heads_[i];
    nlohmann::json image = {{"name", utf8_or_escaped(files_[i].filename().string())}, {"known", head.known}};
    if (head.known && head.failure.empty()) {
      image.update({{"width", head.width},
                    {"height", head.height},
                    {"pictures", head.pictures},
                    {"colour", head.colour}});
      for (const auto& channel : head.channels) image["channels"].push_back(utf8_or_escaped(channel));
    }
    if (!head.failure.empty()) image["failure"] = utf8_or_escaped(head.failure);
    images.push_back(std::move(image));
  }
  return images;
}

std::shared_ptr<const PicturePyramid> Gallery::picture(int64_t image, int64_t picture,
                                                       const std::string& view) {
  const auto& path = file(image);
  const auto key = std::to_string(image) + "/" + std::to_string(picture) + "/" + view;
  std::promise<std::shared_ptr<const PicturePyramid>> promise;
  Made made;
  bool is_maker = false;
  {
    const std::lock_guard lock(mutex_);
    const auto held =
        std::find_if(pictures_.begin(), pictures_.end(), [&](const Held& h) { return h.key == key; });
    if (held != pictures_.end()) {
      pictures_.splice(pictures_.begin(), pictures_, held);
      made = held->made;
    } else {
      is_maker = true;
      made = promise.get_future().share();
      pictures_.push_front({key, made});
      drop_oldest();
    }
  }
  if (is_maker) {
    try {
      promise.set_value(make_picture_of(path, picture, view));
    } catch (...) {
      promise.set_exception(std::current_exception());
      const std::lock_guard lock(mutex_);
      pictures_.remove_if([&](const Held& held) { return held.key == key; });
    }
  }
  return made.get();
}

void Gallery::drop_oldest() {
  int64_t bytes = 0;
  size_t kept = 0;
  for (auto held = pictures_.begin(); held != pictures_.end();) {
    const bool ready = is_ready(held->made);
    if (ready) bytes += held->made.get()->num_bytes();
    const bool too_many = ++kept > kMostHeldPictures || bytes > kMostHeldBytes;
    held = ready && too_many && kept > 2 ? pictures_.erase(held) : std::next(held);
  }
}

std::string Gallery::thumbnail(int64_t image, const std::string& view) {
  const auto key = std::to_string(image) + "/" + view;
  {
    const std::lock_guard lock(mutex_);
    const auto known = thumbnails_.find(key);
    if (known != thumbnails_.end()) return known->second;
  }
  auto png = picture(image, 0, view)->thumbnail(kThumbnailSide);
  const std::lock_guard lock(mutex_);
  return thumbnails_[key] = std::move(png);
}

}  // namespace priorseg
