#pragma once

#include "priorseg/image/tiff_layout.h"

namespace priorseg {

/// Fills a layout from the OME-XML of its first page, with the other files that it names. What cannot be
/// believed is remarked: damaged XML, another size than the pages have, planes that are not there.
/// @param layout  with its first file and remarks.
/// @return false where there is no OME-XML that holds; the layout has further remarks only then.
bool lay_out_ome(TiffLayout& layout, const TiffPages& found);

}  // namespace priorseg
