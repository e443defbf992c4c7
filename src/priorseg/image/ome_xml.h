#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "priorseg/image/image_structure.h"

namespace priorseg {

/// Where a plane of an OME-TIFF lies.
struct OmePlane {
  std::string file;   ///< name of the file; empty: the one that holds the text
  int64_t page = -1;  ///< of its main chain of pages, from 0; -1: the text names no place
};

/// One image of an OME-XML text.
struct OmeImage {
  ImageStructure structure;             ///< channels are those of pages: samples of a pixel are not counted
  int64_t samples = 1;                  ///< of a pixel
  int64_t width = 0, height = 0;        ///< px
  double um_x = 0, um_y = 0, um_z = 0;  ///< between pixels and slices, 0 = not said
  std::vector<OmePlane> planes;  ///< of frame t, slice z and channel c at (t * slices + z) * channels + c
};

/// What an OME-TIFF says about itself.
struct OmeDescription {
  std::string uuid;           ///< of the file that holds the text; may be empty
  std::string metadata_file;  ///< that has the whole text, where this one is a stand-in; else empty
  std::vector<OmeImage> images;
};

/// True where an image description looks like OME-XML.
bool is_ome_xml(const std::string& text);

/// Reads the OME-XML of a TIFF. Entities of a document type, includes and schemas are not followed.
/// @param samples_of_page  of a pixel, for texts that do not say it.
/// @throws Error where it is no XML, too long, or states sizes that no file has.
OmeDescription parse_ome_xml(const std::string& text, int64_t samples_of_page);

}  // namespace priorseg
