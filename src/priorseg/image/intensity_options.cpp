#include "priorseg/image/intensity_options.h"

#include "priorseg/core/error.h"

namespace priorseg {

void IntensityOptions::check_rules(const std::string& where) const {
  if (mapping == IntensityMapping::kSaturate && saturation == 0)
    throw Error(where + "saturation is 0, expected more than 0 with " + where + "mapping 'saturate'");
}

}  // namespace priorseg
