#pragma once

namespace priorseg {

/// Version of the library, e.g. "0.2.0".
const char* version();

}  // namespace priorseg
