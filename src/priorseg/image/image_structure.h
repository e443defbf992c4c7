#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace priorseg {

/// What an image file holds beside one picture: how many planes there are along each axis, and how that is
/// known. In a plane lie rows and columns (Y, X), and where the file has colours red, green and blue.
struct ImageStructure {
  int64_t frames = 1;                      ///< along time, T
  int64_t slices = 1;                      ///< along depth, Z
  int64_t channels = 1;                    ///< C; the three samples of a colour picture are one channel
  bool colour = false;                     ///< the samples of a pixel are red, green and blue
  std::vector<std::string> channel_names;  ///< one a channel, or none
  std::string source;                      ///< who says so: "its OME-XML", "its tags", ...
  /// What was guessed, ignored or is missing, each to be told to the user.
  std::vector<std::string> remarks;

  int64_t planes() const { return frames * slices * channels; }
  /// "DAPI", or "2" (counted from 1) where channels have no names.
  std::string channel_name(int64_t channel) const;
  /// "5 frames, 7 slices and 2 channels (DAPI, GFP)", or "one plane".
  std::string text() const;
};

/// One plane of an image; all counted from 0.
struct PlanePosition {
  int64_t frame = 0, slice = 0, channel = 0;

  bool operator==(const PlanePosition&) const = default;
};

/// How many label maps are in one file, one a page, frame by frame and slice by slice.
struct StackShape {
  int64_t frames = 1, slices = 1;

  int64_t pages() const { return frames * slices; }
};

}  // namespace priorseg
