#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// A film: frames in order, each the label map of an image, or all of them the pages of one.
struct FilmOfFiles {
  std::string name;                ///< of its folder of results
  std::vector<std::string> stems;  ///< output_stems of the frames in order; one: pages of one file
  std::vector<int64_t> frames;     ///< their numbers, with `stems` of several files
  int digits = 3;                  ///< of the numbers in names of files
};

/// Finds films among images: names of a folder that differ only in the number they end in, as t000.tif,
/// t001.tif, ... of the Cell Tracking Challenge, two at least; every other image by itself. A film of files
/// is named like what its names have in common, or like its folder where that is "t" or nothing.
/// @param images  as segment_images got them.
std::vector<FilmOfFiles> find_films(const std::vector<std::filesystem::path>& images);

/// Links the objects of the films in an output folder (FrameLinker), in the form of the Cell Tracking
/// Challenge: tracks/<film>_RES/mask000.tif ... with the numbers of tracks, tracks/<film>_RES/res_track.txt,
/// and tracks.csv, one row for each object with the name of its image, label, film, frame, track and parent.
/// Masks keep the pixel size of their label maps, and what the folder notes that these were made with. Label
/// maps stay as they are. Tells what was linked, images that are no films, frames that are missing (no
/// track goes over them), and films that cannot be linked.
/// @return  films that could not be linked.
int64_t link_films(const std::vector<std::filesystem::path>& images, OutputFolder& folder,
                   Observer& observer);

}  // namespace priorseg
