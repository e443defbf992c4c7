#include "priorseg/shapes/synthetic_shape_options.h"

#include "priorseg/core/error.h"

namespace priorseg {

void SyntheticShapeOptions::check_rules(const std::string& where) const {
  if (ellipses + rods + spindles + contours > 0) return;
  throw Error(where + "ellipses, " + where + "rods, " + where + "spindles and " + where +
              "contours are all 0, expected at least one family above 0");
}

}  // namespace priorseg
