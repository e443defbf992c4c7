#include "priorseg/core/version.h"

namespace priorseg {

const char* version() { return PRIORSEG_VERSION; }

}  // namespace priorseg
