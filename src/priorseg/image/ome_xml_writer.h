#pragma once

#include <cstdint>
#include <string>

#include "priorseg/image/image_structure.h"

namespace priorseg {

/// What the OME-XML of a label map tells.
struct OmeLabels {
  int64_t height = 0, width = 0;  ///< px
  int bits = 32;
  StackShape shape;           ///< pages go slice by slice, then frame by frame
  double um_x = 0, um_y = 0;  ///< of a pixel, 0 = not known
  std::string notes;          ///< lines "name=value"
};

/// The OME-XML (2016-06) of a TIFF of labels whose pages hold one plane each.
std::string ome_xml_of_labels(const OmeLabels& labels);

}  // namespace priorseg
