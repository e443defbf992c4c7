#include "priorseg/core/range_check.h"

#include <sstream>

#include "priorseg/core/error.h"

namespace priorseg {

void check_range(const std::string& name, double value, double low, double high) {
  if (value >= low && value <= high) return;
  std::ostringstream message;
  message.precision(9);
  message << name << " is " << value << ", expected " << low << " to " << high;
  throw Error(message.str());
}

}  // namespace priorseg
