#pragma once

#include "priorseg/detector/detector.h"

namespace priorseg {

/// Looks in a whole image for what could be objects: what is bright as the networks see it; or where the
/// image goes much further below its background than above, what is dark.
///
/// @param bright  mapped intensity from which on an object is thought of.
/// @param piece   what was found in the image; the figures of the whole image are put in.
void tell_what_stands_out(const NetworkImage& seen, const ImageStatistics& statistics, double bright,
                          FoundRows& piece);

}  // namespace priorseg
