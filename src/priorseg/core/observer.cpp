#include "priorseg/core/observer.h"

namespace priorseg {

Observer& nobody() {
  static Observer observer;
  return observer;
}

}  // namespace priorseg
