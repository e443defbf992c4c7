#pragma once

#include <stdexcept>
#include <string>

namespace priorseg {

/// What a user can mend: a file, a setting, a model. The message is one line that says what was found, what
/// was expected, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace priorseg
