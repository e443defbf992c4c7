#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/option_names.h"
#include "priorseg/image/image_structure.h"

namespace priorseg {

/// How the slices of a stack become one picture.
enum class Projection {
  kAuto,       ///< the slice in best focus
  kNone,       ///< each slice is a picture of its own
  kMax,        ///< the brightest value along the depth
  kMean,       ///< the mean along the depth
  kBestFocus,  ///< the slice with the most contrast of neighbouring pixels (slice_sharpness)
};
constexpr auto option_names(Projection) {
  return std::array{std::pair{Projection::kAuto, "auto"}, std::pair{Projection::kNone, "none"},
                    std::pair{Projection::kMax, "max"}, std::pair{Projection::kMean, "mean"},
                    std::pair{Projection::kBestFocus, "best-focus"}};
}

/// Which planes of a file with several a detector looks at; kept in its model file.
struct PlaneOptions {
  /// Name or number (from 1) of a channel. Empty: the training chooses it; one that is the only one is taken.
  std::string channel;
  Projection project = Projection::kAuto;

  template <class Visitor>
  void visit(Visitor& v) {
    v("channel", channel,
      "name or number (from 1) of the channel of files that hold several, not the colours of a picture; "
      "empty: "
      "chosen by what stands out");
    v("project", project,
      "how a stack of slices becomes one picture: 'max', 'mean', 'best-focus' (the sharpest slice, as with "
      "'auto'), or 'none': every slice is looked at");
  }
};

/// What the user says of one job's files.
struct PlaneChoice : PlaneOptions {
  std::string slices;  ///< "3", "2:5" (from 1, both included), or empty: all
  std::string frames;  ///< the same
  /// Axes of the file, slowest first, with lengths where they do not follow: "ZYX", "T10C2YX", "YXS" (S: the
  /// colours of a pixel). Empty: as the file says.
  std::string axes;
  std::string level;           ///< of a pyramid (parse_level); empty: the full picture
  std::string region;          ///< what is looked at (parse_region), px of the full picture; empty: all
  std::filesystem::path mask;  ///< a picture of the full one at any size: 0 where not to look; empty: none
};

/// The planes that make up one picture.
struct PictureOfPlanes {
  int64_t frame = 0, first_slice = 0, num_slices = 1, channel = 0;  ///< counted from 0
  int64_t colour = -1;                     ///< 0 to 2: red, green or blue alone; -1: all that there is
  Projection project = Projection::kNone;  ///< none where there is one slice
};

/// The pictures of a file, frame by frame and slice by slice.
/// @throws Error where a channel, slice or frame is asked for that is not there; the channels are named.
std::vector<PictureOfPlanes> choose_planes(const ImageStructure& structure, const PlaneChoice& choice);

/// What was taken of a file with several planes, or "" where nothing was to be chosen:
/// "2 channels (DAPI, GFP), says its OME-XML; taken: channel DAPI (--channel)".
std::string describe_choice(const ImageStructure& structure, const PlaneChoice& choice);

/// @throws Error unless `text` is a number from 1 on, a range FIRST:LAST, or empty.
void check_plane_range(const std::string& text);

}  // namespace priorseg
