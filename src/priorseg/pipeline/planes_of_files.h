#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/options.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// Which planes of files that hold several are looked at: what `choice` says, and else the channel and the
/// projection of `detector`, which gets those that `choice` says. Where no channel is said and there are
/// several, that one is taken of which most stands out in the shape of objects (look_at_image), told, and put
/// into `detector`.
PlaneChoice choose_planes_of_files(const std::vector<ImageInput>& images, PlaneChoice choice,
                                   DetectorOptions& detector, Observer& observer);

/// Whether a file holds several frames or slices, as far as it tells; one that cannot be read is told later.
bool is_film_or_stack(const std::filesystem::path& image);

/// Tells what is to be told of files (ImageReader::remarks), the same thing of many of them once.
class RemarkTeller {
 public:
  explicit RemarkTeller(Observer& observer) : observer_(observer) {}

  /// @param name  of the file.
  void tell(const std::string& name, const std::vector<std::string>& remarks);
  /// After the last file: of how many more the same holds.
  void finish();

 private:
  Observer& observer_;
  std::map<std::string, int64_t> files_with_;
};

}  // namespace priorseg
