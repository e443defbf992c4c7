#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/image/image_input.h"
#include "priorseg/studio/picture_pyramid.h"

namespace priorseg {

/// The images of the folder that is open, and pictures of them. All functions may be called from several
/// threads.
class Gallery {
 public:
  /// @throws Error where the folder holds no image.
  Gallery(const std::filesystem::path& folder, Observer& observer);

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<std::filesystem::path>& files() const { return files_; }
  const std::vector<std::string>& stems() const { return stems_; }
  /// @throws Error where there is no such image.
  const std::filesystem::path& file(int64_t image) const;

  /// Reads the head of every file: sizes, planes, and which are broken. Stopped between two files.
  void scan(Observer& observer);
  /// One object an image, in the order of the files.
  nlohmann::json describe() const;

  /// @param view  what of the image is shown: empty = as it is; a colour or stain (ImageChannel), or a
  /// channel of
  ///              the file by name or number.
  /// @throws Error where it cannot be read.
  std::shared_ptr<const PicturePyramid> picture(int64_t image, int64_t picture, const std::string& view);
  /// PNG bytes.
  std::string thumbnail(int64_t image, const std::string& view);

 private:
  struct Head {
    bool known = false;
    int64_t height = 0, width = 0, pictures = 1;
    bool colour = false;
    std::vector<std::string> channels;
    std::string failure;
  };
  using Made = std::shared_future<std::shared_ptr<const PicturePyramid>>;
  struct Held {
    std::string key;
    Made made;
  };
  void drop_oldest();

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::string> stems_;
  mutable std::mutex mutex_;
  std::vector<Head> heads_;
  std::list<Held> pictures_;  // the one that was used last is in front
  std::map<std::string, std::string> thumbnails_;
};

}  // namespace priorseg
